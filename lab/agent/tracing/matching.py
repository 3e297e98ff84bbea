"""The words by which people mean programs and sockets, and what they mean."""

import re
from collections.abc import Mapping
from types import MappingProxyType

FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        **{"ipv4": "AF_INET", "ipv6": "AF_INET6", "unix": "AF_UNIX"},
        **{name: name for name in ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET")},
    }
)
"""By the words that people write, the names of address families (socket(2))."""


def is_named(name: str, program: str) -> bool:
    """Tell whether an executable file has this name, or this name and a version: python3.13."""
    separator = "[-.]" if name[-1:].isdigit() else "[-.]?"
    return re.fullmatch(rf"{re.escape(name)}(?:{separator}\d+(?:\.\d+)*)?", program) is not None
