"""Makes the sockets that servers wait on, and says in one line why one cannot be had.

Owns families, socket options set before bind, and the life of a Unix socket's file. Does not
accept or read.
"""

import contextlib
import errno
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from services.failures import explain
from services.options import UsageError, port_number

_FAMILIES = {"4": socket.AF_INET, "6": socket.AF_INET6, "any": socket.AF_UNSPEC}
_PROTOCOLS = {socket.SOCK_STREAM: "tcp", socket.SOCK_DGRAM: "udp"}
_REMEDIES = {
    errno.EADDRINUSE: "in use by another program; stop that one or choose another --port",
    errno.EADDRNOTAVAIL: "not an address of this machine; leave --address out to listen on all",
    errno.EACCES: "reserved for privileged programs; choose a --port from 1024 up",
    errno.EAFNOSUPPORT: "this machine does not have that address family; try --family 4",
}


class Place(NamedTuple):
    """Where an IP server wants to be, as the user wrote it. `family` is "any", "4" or "6"."""

    address: str | None
    port: str
    family: str


def open_internet(place: Place, kind: socket.SocketKind) -> socket.socket:
    """A bound socket (SOCK_STREAM or SOCK_DGRAM), not yet listening. Raises UsageError."""
    port = port_number(place.port, _PROTOCOLS[kind])
    family, host = _FAMILIES[place.family], place.address
    both = family == socket.AF_UNSPEC and host is None
    if both:
        # One IPv6 socket serves IPv4 too, through mapped addresses (RFC 3493, 3.7).
        family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET
    try:
        found = socket.getaddrinfo(host, port, family, kind, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        why = explain(error) if isinstance(error, socket.gaierror) else "not a possible name"
        raise UsageError(f"address {host}: {why}; give an address of this machine") from None
    family, _, _, _, address = found[0]
    try:
        sock = socket.socket(family, kind)
    except OSError as error:
        raise _refusal(f"address {host or 'any'}", error) from None
    try:
        _prepare(sock, both=both)
        sock.bind(address)
    except OSError as error:
        sock.close()
        unfit = error.errno == errno.EADDRNOTAVAIL
        raise _refusal(f"address {host}" if unfit else f"port {place.port}", error) from None
    return sock


def _prepare(sock: socket.socket, *, both: bool) -> None:
    if sock.type == socket.SOCK_STREAM:
        # A restarted server need not wait until old connections leave TIME_WAIT (tcp(7)). Not
        # for UDP, where a second server could take the same port and share its datagrams.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(not both))


def listen(sock: socket.socket, backlog: int) -> None:
    """Starts the queue of connections not yet accepted: `backlog` bounds it, not the
    connections (listen(2)). Raises UsageError."""
    try:
        sock.listen(backlog)
    except OSError as error:
        port = sock.getsockname()[1] if sock.family != socket.AF_UNIX else "of a path"
        sock.close()
        raise _refusal(f"port {port}", error) from None


@contextlib.contextmanager
def unix_socket(path: str) -> Iterator[socket.socket]:
    """A bound stream socket at `path`; its file goes when the block ends. Raises UsageError.

    A file that a dead server left is replaced; a live server's socket and anything that is not
    a socket are left alone.
    """
    _remove_stale(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(path)
        made = Path(path).stat()
    except OSError as error:
        sock.close()
        why = error.strerror or str(error)  # "AF_UNIX path too long" carries no errno
        raise UsageError(f"path {path}: {why}; choose another --path") from None
    try:
        yield sock
    finally:
        sock.close()
        with contextlib.suppress(OSError):
            now = Path(path).lstat()
            if (now.st_dev, now.st_ino) == (made.st_dev, made.st_ino):
                Path(path).unlink()


def _remove_stale(path: str) -> None:
    try:
        mode = Path(path).lstat().st_mode
    except OSError:
        return  # nothing there, or nothing to be seen: bind will say why
    if not stat.S_ISSOCK(mode):
        raise UsageError(f"path {path}: there, and not a socket; left alone: choose another --path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            with contextlib.suppress(OSError):
                Path(path).unlink()
            return
        except OSError:
            pass  # a full queue (EAGAIN) or another type of socket (EPROTOTYPE) has an owner
    raise UsageError(f"path {path}: a server is listening there; stop it or choose another --path")


def _refusal(what: str, error: OSError) -> UsageError:
    code = errno.errorcode.get(error.errno or 0, "?")
    remedy = _REMEDIES.get(error.errno or 0, error.strerror or str(error))
    return UsageError(f"{what}: {remedy} ({code}, {error.errno})")
