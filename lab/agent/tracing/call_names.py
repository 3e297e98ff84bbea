"""The names of the calls that a tracer reports, and names that stand for several of them.

A program calls a function of the C library; which call of the kernel that becomes differs between
machines and versions (`poll` is `ppoll` where there is no other). What people write is the
function's name, as its manual page has it.
"""

from collections.abc import Mapping
from types import MappingProxyType

_RECEIVE = (*("recvfrom", "recvmsg", "recvmmsg", "read", "readv", "pread64", "preadv", "preadv2"),)
_SEND = (
    *("sendto", "sendmsg", "sendmmsg", "write", "writev", "pwrite64", "pwritev", "pwritev2"),
    "sendfile",
)
REPORTED = (
    *("socket", "socketpair", "bind", "listen", "accept", "accept4", "connect", "shutdown"),
    *("close", "close_range", *_SEND, *_RECEIVE, "splice"),
    *("getsockname", "getpeername", "getsockopt", "setsockopt"),
    *("poll", "ppoll", "select", "pselect6"),
    *("epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2"),
    *("dup", "dup2", "dup3", "fcntl", "pidfd_getfd", "io_uring_setup"),
)
"""The names that an event of a call may have."""
SEVERAL: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "send": _SEND,
        "recv": _RECEIVE,
        "accept": ("accept", "accept4"),
        "poll": ("poll", "ppoll"),
        "select": ("select", "pselect6"),
        "epoll_wait": ("epoll_wait", "epoll_pwait", "epoll_pwait2"),
        "pread": ("pread64", "preadv", "preadv2"),
        "pwrite": ("pwrite64", "pwritev", "pwritev2"),
        "pselect": ("pselect6",),
        "dup": ("dup", "dup2", "dup3"),
    }
)
"""The calls that a name stands for, where it is not the call of that name alone."""
WRITTEN = tuple(sorted({*REPORTED, *SEVERAL}))
"""All names that people may write."""


def stands_for(name: str) -> tuple[str, ...]:
    """Return the calls that a name of `WRITTEN` stands for."""
    return SEVERAL.get(name, (name,))
