"""A remote socket is used as `socket.socket` is: each test runs on both, and gives the same."""

import errno
import io
import select
import socket
import struct
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from lab.api.remote_socket import RemoteSocket
from tests.unit.lab.agent.calls.conftest import Here

Make = Callable[..., Any]


@pytest.fixture(params=["local", "remote"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes sockets: Python's own, and remote ones."""
    made: list[Any] = []
    factory: Make = socket.socket
    if request.param == "remote":
        here: Here = request.getfixturevalue("here")
        factory = partial(RemoteSocket, here.caller)

    def one(*arguments: Any) -> Any:
        made.append(factory(*arguments))
        return made[-1]

    yield one
    for each in made:
        each.close()


def connected(make: Make, family: int = socket.AF_INET) -> tuple[Any, Any]:
    """Return two ends of a TCP connection."""
    with make(family) as door:
        door.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        door.listen()
        client = make(family)
        client.connect(door.getsockname())
        accepted, peer = door.accept()
    assert peer == client.getsockname() == accepted.getpeername()
    return client, accepted


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_conversation(make: Make, family: int) -> None:
    client, server = connected(make, family)
    with client, server:
        assert (client.family, client.type, client.proto) == (family, socket.SOCK_STREAM, 0)
        assert client.send(b"hello") == 5
        assert server.recv(2) == b"he"
        buffer = bytearray(10)
        assert server.recv_into(buffer, 2) == 2
        assert server.recv_into(memoryview(buffer)[2:]) == 1
        assert bytes(buffer) == b"llo" + bytes(7)
        assert server.sendall(memoryview(b"\xff\0")) is None
        assert client.recv(10) == b"\xff\0"
        client.shutdown(socket.SHUT_WR)
        assert server.recv(1) == b""


def test_files(make: Make) -> None:
    client, server = connected(make)
    with client.makefile("rwb") as both, server.makefile("r", encoding="utf-8") as text:
        both.write("größer\nsecond".encode())
        both.flush()
        assert text.readline() == "größer\n"
        client.close()  # the file still has it
        both.write(b" line\n")
        both.flush()
        assert text.readline() == "second line\n"
    assert server.recv(1) == b""
    server.close()


def test_datagrams(make: Make) -> None:
    with make(socket.AF_INET, socket.SOCK_DGRAM) as one, make(2, socket.SOCK_DGRAM) as other:
        for each in (one, other):
            each.bind(("127.0.0.1", 0))
        to = other.getsockname()
        assert one.sendto(b"first", to) == 5
        assert one.sendto(b"second", 0, to) == 6
        assert one.sendmsg([b"th", b"ird"], (), 0, to) == 5
        assert other.recvfrom(100) == (b"first", one.getsockname())
        assert other.recvmsg(3) == (b"sec", [], socket.MSG_TRUNC, one.getsockname())
        other.setsockopt(socket.IPPROTO_IP, 12, 1)  # IP_RECVTTL
        one.sendto(b"", to)
        assert other.recv(100) == b"third"
        data, beside, flags, sender = other.recvmsg(100, 100)
        assert (data, flags, sender) == (b"", 0, one.getsockname())
        assert beside == [(socket.IPPROTO_IP, socket.IP_TTL, struct.pack("i", 64))]


def test_time_limits(make: Make) -> None:
    client, server = connected(make)
    with client, server:
        assert (client.gettimeout(), client.getblocking()) == (None, True)
        client.settimeout(0.01)
        assert (client.gettimeout(), client.timeout, client.getblocking()) == (0.01, 0.01, True)
        with pytest.raises(TimeoutError, match="timed out"):
            client.recv(1)
        client.setblocking(False)
        assert (client.gettimeout(), client.getblocking()) == (0.0, False)
        with pytest.raises(BlockingIOError):
            client.recv(1)
        with pytest.raises(ValueError, match="out of range"):
            client.settimeout(-1)


def test_options(make: Make) -> None:
    with make() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 2))
        linger = one.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
        assert struct.unpack("ii", linger) == (1, 2)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        assert one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


def test_errors_are_pythons_own(make: Make) -> None:
    with make() as one, make() as nobody:
        nobody.bind(("127.0.0.1", 0))
        to = nobody.getsockname()
        assert one.connect_ex(to) == errno.ECONNREFUSED
        with pytest.raises(ConnectionRefusedError) as refused:
            one.connect(to)
        assert refused.value.errno == errno.ECONNREFUSED
        with pytest.raises(OverflowError, match="0-65535"):
            one.connect(("127.0.0.1", 65_536))
        for address in ("127.0.0.1:1", ("127.0.0.1", "http"), ("127.0.0.1",), (1, 2)):
            with pytest.raises(TypeError):
                one.connect(address)
        with pytest.raises(OSError, match="not connected") as raised:
            one.getpeername()
        assert raised.value.errno == errno.ENOTCONN
    with pytest.raises(OSError, match="Bad file descriptor"):
        one.send(b"x")
    assert one.fileno() == -1


def test_a_reset_is_seen_through_a_file(make: Make) -> None:
    client, server = connected(make)
    with client.makefile("rb") as file:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server.close()
        with pytest.raises(ConnectionResetError):
            file.read(1)


def test_unix_sockets_by_abstract_name(make: Make) -> None:
    with make(socket.AF_UNIX) as door, make(socket.AF_UNIX) as one:
        door.bind("")  # the kernel picks an abstract name (unix(7), Autobind)
        door.listen()
        name = door.getsockname()
        assert isinstance(name, bytes)
        one.connect(name)
        accepted, peer = door.accept()
        assert peer == ""
        assert one.getpeername() == name
        accepted.close()
        with pytest.raises(TypeError):
            one.connect(7)


def test_large_data_comes_in_pieces(here: Here) -> None:
    client, server = connected(partial(RemoteSocket, here.caller))
    data = bytes(range(256)) * 600
    with client, server:
        pending = here.caller.start("sendall", socket=server.name, data={"hex": data.hex()})
        assert len(client.recv(1 << 20)) <= 1 << 16
        rest = client.recv(len(data) - (1 << 16), socket.MSG_WAITALL)
        assert data.endswith(rest)
        result = pending.result(20)
        assert result
        assert result.raised is None


def test_what_cannot_be_is_refused(here: Here) -> None:
    with RemoteSocket(here.caller) as one:
        with pytest.raises(io.UnsupportedOperation, match="another host"):
            select.select([one], [], [], 0)
        with pytest.raises(io.UnsupportedOperation, match="ancillary"):
            one.sendmsg([b"x"], [(1, 1, b"")])
        assert not hasattr(one, "detach")
        assert "AF_INET, SOCK_STREAM" in repr(one)
