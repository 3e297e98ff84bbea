"""The errnos that a call may fail with, by the ERRORS of its manual page and those of section 7."""

from collections.abc import Mapping

_ANY = "EBADF EFAULT EINVAL ENOTSOCK ENOBUFS ENOMEM"
_SEND = (
    f"{_ANY} EACCES EAGAIN EALREADY ECONNREFUSED ECONNRESET EDESTADDRREQ EHOSTUNREACH EINTR "
    "EISCONN EMSGSIZE ENETDOWN ENETUNREACH ENOTCONN EOPNOTSUPP EPERM EPIPE ETIMEDOUT"
)
_RECEIVE = (
    f"{_ANY} EAGAIN ECONNREFUSED ECONNRESET EHOSTUNREACH EINTR ENETUNREACH ENOTCONN ETIMEDOUT"
)
_FILE = "EIO EISDIR ESPIPE"
_ACCEPT = (
    f"{_ANY} EAGAIN ECONNABORTED EHOSTDOWN EHOSTUNREACH EINTR EMFILE ENETDOWN ENETUNREACH ENFILE "
    "ENONET ENOPROTOOPT EOPNOTSUPP EPERM EPROTO ETIMEDOUT"
)
_NAME = f"{_ANY} ENOTCONN"
_OPTION = f"{_ANY} EACCES EDOM EISCONN ENODEV ENOPROTOOPT EPERM"
_WAIT = "EBADF EFAULT EINTR EINVAL ENOMEM"
_DUPLICATE = "EBADF EBUSY EINTR EINVAL EMFILE"
_BY_CALL = {
    "socket": (
        "EACCES EAFNOSUPPORT EINVAL EMFILE ENFILE ENOBUFS ENOMEM EPERM EPROTONOSUPPORT "
        "EPROTOTYPE ESOCKTNOSUPPORT"
    ),
    "socketpair": "EAFNOSUPPORT EFAULT EMFILE ENFILE ENOMEM EOPNOTSUPP EPROTONOSUPPORT",
    "bind": (
        f"{_ANY} EACCES EADDRINUSE EADDRNOTAVAIL ELOOP ENAMETOOLONG ENODEV ENOENT ENOTDIR EPERM "
        "EROFS"
    ),
    "listen": f"{_ANY} EADDRINUSE EOPNOTSUPP",
    "accept": _ACCEPT,
    "accept4": _ACCEPT,
    "connect": (
        f"{_ANY} EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY ECONNREFUSED "
        "ECONNRESET EHOSTUNREACH EINPROGRESS EINTR EISCONN ENETUNREACH ENOENT EPERM EPROTOTYPE "
        "ETIMEDOUT"
    ),
    "shutdown": f"{_ANY} ENOTCONN",
    "close": "EBADF EDQUOT EINTR EIO ENOSPC",
    **dict.fromkeys(("sendto", "sendmsg", "sendmmsg"), _SEND),
    **dict.fromkeys(("recvfrom", "recvmsg", "recvmmsg"), _RECEIVE),
    **dict.fromkeys(("read", "readv", "pread64", "preadv", "preadv2"), f"{_RECEIVE} {_FILE}"),
    **dict.fromkeys(("write", "writev", "pwrite64", "pwritev", "pwritev2"), f"{_SEND} {_FILE}"),
    **dict.fromkeys(("sendfile", "splice"), f"{_SEND} {_RECEIVE} {_FILE} EOVERFLOW"),
    **dict.fromkeys(("getsockname", "getpeername"), _NAME),
    **dict.fromkeys(("getsockopt", "setsockopt"), _OPTION),
    **dict.fromkeys(("poll", "ppoll", "select", "pselect6"), _WAIT),
    **dict.fromkeys(("epoll_wait", "epoll_pwait", "epoll_pwait2"), _WAIT),
    "epoll_ctl": "EBADF EEXIST EINVAL ELOOP ENOENT ENOMEM ENOSPC EPERM",
    **dict.fromkeys(("dup", "dup2", "dup3"), _DUPLICATE),
}
OF_CALLS: Mapping[str, frozenset[str]] = {
    name: frozenset(of.split()) for name, of in _BY_CALL.items()
}
"""The names of the errnos by the calls that can be failed."""
