"""A socket on a host, which is used from here as one of this machine's own."""

import io
import itertools
import socket
from collections.abc import Iterable
from typing import Any

from lab.api import socket_addresses
from lab.api.call_client import CallClient
from lab.net import constants

_MOST_BYTES = 1 << 16  # in one result
_MOST_SENT_BYTES = 1 << 24  # in one request
_numbers = itertools.count(1)
_Bytes = bytes | bytearray | memoryview


class RemoteSocket:
    """A `socket.socket` on a host: same methods, same results, same exceptions.

    It has no `detach`, `dup`, `share` and `ioctl`; `fileno` raises, since the descriptor is of
    another process. Every method raises EngineError when the host has ended.
    """

    def __init__(
        self,
        calls: CallClient,
        family: int = socket.AF_INET,
        type: int = socket.SOCK_STREAM,  # noqa: A002 - its name in socket.socket
        proto: int = 0,
        *,
        name: str | None = None,
    ) -> None:
        """Make a socket on the host of `calls`; or take the one that is open there as `name`."""
        self._calls = calls
        self.family = socket.AddressFamily(family)
        self.type = socket.SocketKind(type)
        self.proto = proto
        self._timeout_s: float | None = None
        self._closed = False
        self._io_refs = 0  # of files, as in socket.socket
        self.name = name or f"#{next(_numbers)}"
        if name is None:
            kinds = {"family": self.family.name, "type": self.type.name}
            calls.call("socket", **{"as": self.name}, **kinds, protocol=proto).value()

    def _call(self, call: str, **arguments: Any) -> Any:
        return self._calls.call(call, socket=self.name, **arguments).value()

    def __enter__(self) -> "RemoteSocket":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        kinds = f"{self.family.name}, {self.type.name}"
        return f"<RemoteSocket {self.name}, {kinds}{', closed' if self._closed else ''}>"

    # --- connections

    def bind(self, address: socket_addresses.Address) -> None:
        """Bind it to an address: `(host, port)`, or the path of a Unix socket."""
        self._call("bind", address=socket_addresses.text(address, self.family))

    def listen(self, backlog: int = 128) -> None:
        """Let others connect; `backlog` connections may wait for `accept`."""
        self._call("listen", backlog=backlog)

    def accept(self) -> tuple["RemoteSocket", Any]:
        """Wait for a connection; return its socket and the peer's address."""
        name = f"#{next(_numbers)}"
        peer = self._call("accept", **{"as": name})
        accepted = RemoteSocket(self._calls, self.family, self.type, self.proto, name=name)
        return accepted, socket_addresses.address(peer, self.family)

    def connect(self, address: socket_addresses.Address) -> None:
        """Connect; the host of the address may be the name of a host of the lab."""
        self._call("connect", to=socket_addresses.text(address, self.family))

    def connect_ex(self, address: socket_addresses.Address) -> int:
        """Connect, and return the errno in place of raising; 0 for none."""
        status = self._call("connect_ex", to=socket_addresses.text(address, self.family))
        return constants.errno_number(status) if status else 0

    def shutdown(self, how: int) -> None:
        """End a direction: SHUT_RD, SHUT_WR or SHUT_RDWR."""
        self._call("shutdown", how=("SHUT_RD", "SHUT_WR", "SHUT_RDWR")[how])

    def close(self) -> None:
        """Close it; while files of `makefile` are open, when the last of them is closed."""
        self._closed = True
        if self._io_refs <= 0:
            self._call("close")

    def _decref_socketios(self) -> None:
        self._io_refs -= self._io_refs > 0
        if self._closed:
            self.close()

    def makefile(
        self,
        mode: str = "r",
        buffering: int | None = None,
        *,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> Any:
        """Return a file, here, of the socket there, as `socket.socket.makefile` does."""
        # It asks of a socket only recv_into, send, and to count the files.
        this: Any = self
        make: Any = socket.socket.makefile
        return make(this, mode, buffering, encoding=encoding, errors=errors, newline=newline)

    def getsockname(self) -> Any:
        """Return its own address."""
        return socket_addresses.address(self._call("getsockname"), self.family)

    def getpeername(self) -> Any:
        """Return the peer's address."""
        return socket_addresses.address(self._call("getpeername"), self.family)

    def fileno(self) -> int:
        """Return -1 when it is closed; else raise io.UnsupportedOperation."""
        if self._closed:
            return -1
        raise io.UnsupportedOperation("its descriptor is of a process on another host")

    # --- data

    def send(self, data: _Bytes, flags: int = 0) -> int:
        """Send; return how many bytes were taken."""
        piece = memoryview(data).cast("B")[:_MOST_SENT_BYTES]
        return int(self._call("send", data={"hex": piece.hex()}, flags=flags))

    def sendall(self, data: _Bytes, flags: int = 0) -> None:
        """Send all of it."""
        view = memoryview(data).cast("B")
        for start in range(0, len(view), _MOST_SENT_BYTES) or (0,):
            piece = view[start : start + _MOST_SENT_BYTES]
            self._call("sendall", data={"hex": piece.hex()}, flags=flags)

    def sendto(self, data: _Bytes, *flags_and_address: Any) -> int:
        """Send to an address: `sendto(data, address)` or `sendto(data, flags, address)`."""
        *flags, address = flags_and_address
        to = socket_addresses.text(address, self.family)
        hexadecimal = memoryview(data).cast("B").hex()
        return int(self._call("sendto", data={"hex": hexadecimal}, to=to, flags=sum(flags)))

    def sendmsg(
        self,
        buffers: Iterable[_Bytes],
        ancdata: Iterable[Any] = (),
        flags: int = 0,
        address: socket_addresses.Address | None = None,
    ) -> int:
        """Send the buffers; io.UnsupportedOperation when there is ancillary data."""
        if list(ancdata):
            raise io.UnsupportedOperation("ancillary data cannot be sent from another host")
        to = {} if address is None else {"to": socket_addresses.text(address, self.family)}
        data = b"".join(buffers)
        return int(self._call("sendmsg", data={"hex": data.hex()}, flags=flags, **to))

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """Receive; at most 64 KiB at once, but with MSG_WAITALL all that is asked for."""
        data = b""
        while True:
            most = min(bufsize - len(data), _MOST_BYTES)
            piece: bytes = self._call("recv", bytes=most, flags=flags)
            data += piece
            if not flags & socket.MSG_WAITALL or not piece or len(data) >= bufsize:
                return data

    def recv_into(self, buffer: bytearray | memoryview, nbytes: int = 0, flags: int = 0) -> int:
        """Receive into a buffer; return how many bytes."""
        view = memoryview(buffer).cast("B")
        data = self.recv(nbytes or len(view), flags)
        view[: len(data)] = data
        return len(data)

    def recvfrom(self, bufsize: int, flags: int = 0) -> tuple[bytes, Any]:
        """Receive; return the data and the sender's address."""
        got = self._call("recvfrom", bytes=min(bufsize, _MOST_BYTES), flags=flags)
        return got["data"], socket_addresses.address(got["from"], self.family)

    def recvmsg(
        self, bufsize: int, ancbufsize: int = 0, flags: int = 0
    ) -> tuple[bytes, list[tuple[int, int, bytes]], int, Any]:
        """Receive; return data, ancillary data, flags and the sender's address."""
        most = min(bufsize, _MOST_BYTES)
        got = self._call("recvmsg", bytes=most, ancillary_bytes=ancbufsize, flags=flags)
        beside = [(one["level"], one["type"], one["data"]) for one in got["ancillary"]]
        mask = sum(constants.flag(name) for name in got["flags"])
        return got["data"], beside, mask, socket_addresses.address(got["from"], self.family)

    # --- options

    def settimeout(self, value: float | None) -> None:
        """Let calls wait so many seconds; None: for ever; 0: not at all."""
        self._call("settimeout", timeout=value)
        self._timeout_s = value

    def gettimeout(self) -> float | None:
        """Return the timeout in seconds, as `settimeout` has set it."""
        return self._timeout_s

    @property
    def timeout(self) -> float | None:
        """The timeout in seconds, as `settimeout` has set it."""
        return self._timeout_s

    def setblocking(self, flag: bool) -> None:
        """Let calls wait for ever, or not at all."""
        self.settimeout(None if flag else 0.0)

    def getblocking(self) -> bool:
        """Tell whether calls wait."""
        return self._timeout_s != 0

    def getsockopt(self, level: int, optname: int, buflen: int | None = None) -> Any:
        """Return an option: a number, or with `buflen` so many bytes."""
        size = {"bytes": buflen} if buflen else {}
        return self._call("getsockopt", level=level, option=optname, **size)

    def setsockopt(self, level: int, optname: int, value: int | _Bytes) -> None:
        """Set an option: to a number, or to bytes (a struct)."""
        given = value if isinstance(value, int) else {"hex": bytes(value).hex()}
        self._call("setsockopt", level=level, option=optname, value=given)
