"""Parameters that many calls have."""

from typing import Any

from lab.agent.call_server.values import Address, Flags, NewName, OpenName
from lab.net import constants
from lab.net.data import Data
from lab.net.parameters import Parameter

MOST_BYTES = 1 << 26
MOST_PORT = 1 << 40  # what is too large is for Python to say

SOCKET = Parameter("socket", OpenName, "the open socket", required=True)
FILE = Parameter("file", OpenName, "the open file", required=True)
AS = Parameter("as", NewName, "how to call what is made", required=True)
# Of calls that work on a socket that is there, or make one.
THIS = SOCKET._replace(required=False)
NEW = AS._replace(required=False, help="make a socket first, and call it so")
FAMILY = Parameter(
    "family", str, "its address family", choices=tuple(constants.FAMILIES), default="ipv4"
)
TYPE = Parameter("type", str, "its type", choices=tuple(constants.TYPES), default="stream")
DATA = Parameter("data", Data, "what to send", required=True)
BYTES = Parameter("bytes", int, "at most so many bytes", 0, MOST_BYTES, default=65_536)
FLAGS = Parameter("flags", Flags, "MSG_ flags", default=0)
TO = Parameter("to", Address, "whereto", required=True)


def family(given: dict[str, Any]) -> int:
    """Return the number of the family."""
    return constants.number(constants.FAMILIES, given["family"])


def type_(given: dict[str, Any]) -> int:
    """Return the number of the type."""
    return constants.number(constants.TYPES, given["type"])
