"""Names for what can go wrong with a socket: the chapter's words, the system's, a status.

Pure: an exception goes in, a Failure comes out. The client's exit statuses live here.
"""

import errno
import os
import socket
from typing import NamedTuple

OTHER_STATUS = 11
TIMED_OUT = ("timed out", 6)


class ClosedEarlyError(Exception):
    """The peer ended the connection before the whole answer came."""


class Failure(NamedTuple):
    """`name` as the chapter has it, `code` and `number` as the system has it ("" and 0 if the
    system has none), `text` of the system, `status` for exit."""

    name: str
    code: str
    number: int
    text: str
    status: int

    def __str__(self) -> str:
        cause = f" ({self.code}, {self.number})" if self.code else ""
        text = f": {self.text}" if self.text else ""
        return f"{self.name}{cause}{text}"


# gaierror: getaddrinfo(3)
_LOOKUP = {
    socket.EAI_NONAME: ("name not found", 3),
    getattr(socket, "EAI_NODATA", -5): ("name not found", 3),
    getattr(socket, "EAI_ADDRFAMILY", -9): ("name not found", 3),
    socket.EAI_AGAIN: ("name service failed", 4),
    socket.EAI_FAIL: ("name service failed", 4),
}
_LOOKUP_CODES = {getattr(socket, code): code for code in dir(socket) if code.startswith("EAI_")}

_ERRORS = {
    errno.ECONNREFUSED: ("refused", 5),
    errno.ETIMEDOUT: TIMED_OUT,
    errno.ECONNRESET: ("reset by peer", 7),
    errno.EHOSTUNREACH: ("unreachable", 8),
    errno.ENETUNREACH: ("unreachable", 8),
    errno.EHOSTDOWN: ("unreachable", 8),
    errno.ENETDOWN: ("unreachable", 8),
    errno.EPIPE: ("broken pipe", 9),
    errno.ENOENT: ("no such socket", 12),
    errno.EMSGSIZE: ("too long for one datagram", 13),
    errno.EACCES: ("not permitted", 14),
    errno.EPERM: ("not permitted", 14),
}

CLOSED_STATUS = 10
ADDRESS_STATUS = 15  # herror: "other address errors"; getaddrinfo raises none of them

STATUSES = {
    3: "name not found (EAI_NONAME, EAI_NODATA)",
    4: "name service failed (EAI_AGAIN, EAI_FAIL)",
    5: "refused (ECONNREFUSED)",
    6: "timed out (--timeout, ETIMEDOUT)",
    7: "reset by peer (ECONNRESET)",
    8: "unreachable (EHOSTUNREACH, ENETUNREACH)",
    9: "broken pipe (EPIPE)",
    CLOSED_STATUS: "connection closed by the server before the answer",
    OTHER_STATUS: "another socket error, named in the line",
    12: "no such socket (ENOENT, with --unix)",
    13: "too long for one datagram (EMSGSIZE)",
    14: "not permitted (EACCES, EPERM)",
    ADDRESS_STATUS: "another address error (herror)",
}


def explain(error: OSError | ClosedEarlyError) -> Failure:
    """What the error is called; one that has no name here is "socket error", status 11."""
    if isinstance(error, ClosedEarlyError):
        return Failure("closed by the server before the answer", "", 0, "", CLOSED_STATUS)
    number = error.errno or 0
    text = error.strerror or ""
    if isinstance(error, socket.gaierror):
        name, status = _LOOKUP.get(number, ("address look-up failed", OTHER_STATUS))
        return Failure(name, _LOOKUP_CODES.get(number, "EAI"), number, text, status)
    if isinstance(error, socket.herror):
        return Failure("address error", "herror", number, text, ADDRESS_STATUS)
    if isinstance(error, TimeoutError) and not number:
        name, status = TIMED_OUT
        return Failure(name, "", 0, "", status)
    name, status = _ERRORS.get(number, ("socket error", OTHER_STATUS))
    code = errno.errorcode.get(number, "")
    return Failure(name, code, number, os.strerror(number) if number else str(error), status)
