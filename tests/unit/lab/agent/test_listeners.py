"""The sockets that wait for others, as the kernel lists them in /proc/net."""

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lab.agent import listeners
from lab.agent.listeners import Listener

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
LISTENS, ESTABLISHED, UNCONNECTED = "0A", "01", "07"


def line(address: str, port: int, state: str) -> str:
    """Return a socket's line: `address` as text, in the order of bytes that the kernel prints."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    packed = socket.inet_pton(family, address)
    words = (packed[at : at + 4] for at in range(0, len(packed), 4))
    local = "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
    return f"   0: {local}:{port:04X} {'0' * len(local)}:0000 {state} 0:0 00:0 0 0 0 1 2 0 0\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of /proc/net, without sockets."""
    monkeypatch.setattr(listeners, "_FOLDER", tmp_path)
    for name in ("tcp", "tcp6", "udp", "udp6"):
        (tmp_path / name).write_text(HEAD)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "address", "state", "found"),
    [
        ("tcp", "0.0.0.0", LISTENS, [Listener("tcp", 9000)]),
        ("tcp", "198.18.67.2", LISTENS, [Listener("tcp", 9000)]),
        ("tcp", "198.18.67.2", ESTABLISHED, []),
        ("tcp", "127.0.0.1", LISTENS, []),
        ("tcp", "127.0.0.53", LISTENS, []),
        ("tcp6", "::", LISTENS, [Listener("tcp", 9000)]),
        ("tcp6", "fd6b:9f3e:52c1::2", LISTENS, [Listener("tcp", 9000)]),
        ("tcp6", "::1", LISTENS, []),
        ("tcp6", "::ffff:127.0.0.1", LISTENS, []),
        ("tcp6", "::ffff:198.18.67.2", LISTENS, [Listener("tcp", 9000)]),
        ("udp", "0.0.0.0", UNCONNECTED, [Listener("udp", 9000)]),
        ("udp", "198.18.67.2", ESTABLISHED, []),
        ("udp", "127.0.0.1", UNCONNECTED, []),
        ("udp6", "::", UNCONNECTED, [Listener("udp", 9000)]),
        ("udp6", "::1", UNCONNECTED, []),
    ],
)
def test_what_others_can_reach_is_listed(
    folder: Path, file: str, address: str, state: str, found: list[Listener]
) -> None:
    (folder / file).write_text(HEAD + line(address, 9000, state))
    assert listeners.listeners() == found


def test_a_port_is_listed_once_in_the_order_of_ports(folder: Path) -> None:
    sockets = [line("0.0.0.0", port, LISTENS) for port in (9000, 22)]
    (folder / "tcp").write_text(HEAD + "".join(sockets))
    (folder / "tcp6").write_text(HEAD + line("::", 9000, LISTENS))
    (folder / "udp").write_text(HEAD + line("0.0.0.0", 53, UNCONNECTED))
    expected = [Listener("tcp", 22), Listener("tcp", 9000), Listener("udp", 53)]
    assert listeners.listeners() == expected


def test_a_kernel_without_ipv6_lists_the_others(folder: Path) -> None:
    for name in ("tcp6", "udp6"):
        (folder / name).unlink()
    (folder / "tcp").write_text(HEAD + line("0.0.0.0", 9000, LISTENS))
    assert listeners.listeners() == [Listener("tcp", 9000)]


@pytest.fixture
def sockets() -> Iterator[ExitStack]:
    """What closes the sockets of a test."""
    with ExitStack() as stack:
        yield stack


@pytest.mark.parametrize(
    ("family", "kind", "protocol"),
    [
        (socket.AF_INET, socket.SOCK_STREAM, "tcp"),
        (socket.AF_INET6, socket.SOCK_STREAM, "tcp"),
        (socket.AF_INET, socket.SOCK_DGRAM, "udp"),
        (socket.AF_INET6, socket.SOCK_DGRAM, "udp"),
    ],
)
def test_this_kernel_lists_a_socket_that_is_bound_to_every_address(
    sockets: ExitStack, family: socket.AddressFamily, kind: socket.SocketKind, protocol: str
) -> None:
    try:
        one = sockets.enter_context(socket.socket(family, kind))
        one.bind(("", 0))
    except OSError as error:
        pytest.skip(f"this machine has no {family.name}: {error}")
    if kind is socket.SOCK_STREAM:
        one.listen()
    assert Listener(protocol, one.getsockname()[1]) in listeners.listeners()


def test_this_kernel_lists_neither_a_loopback_socket_nor_one_that_does_not_listen(
    sockets: ExitStack,
) -> None:
    near = sockets.enter_context(socket.create_server(("127.0.0.1", 0)))
    bound = sockets.enter_context(socket.socket())
    bound.bind(("0.0.0.0", 0))
    ports = {one.port for one in listeners.listeners() if one.protocol == "tcp"}
    assert not ports & {near.getsockname()[1], bound.getsockname()[1]}
