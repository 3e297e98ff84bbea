"""Names, addresses and options, from numbers and bytes."""

import socket
import struct

import pytest

from lab.agent.tracing import names, options, sockaddr
from lab.agent.tracing.ptrace import signed, signed_int


def ipv6(host: str, port: int, scope: int = 0) -> bytes:
    address = socket.inet_pton(socket.AF_INET6, host)
    head = struct.pack("=H", socket.AF_INET6) + struct.pack("!HI", port, 0)
    return head + address + struct.pack("=I", scope)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"\2", ""),
        (b"\2\0\0\x50\x0a\0\0\1" + bytes(8), "10.0.0.1:80"),
        (b"\2\0\0\x50", "0050"),
        (ipv6("::1", 443), "[::1]:443"),
        (ipv6("fe80::1", 443, 3), "[fe80::1%3]:443"),
        (b"\1\0", ""),
        (b"\1\0/run/x\0rest", "/run/x"),
        (b"\1\0\0name\0\xff", "@name\\x00\\xff"),
        (b"\1\0" + b"\xc3\xa4", "ä"),
        (struct.pack("=HHII", socket.AF_NETLINK, 0, 7, 1), "7:1"),
        (struct.pack("=HHII", 40, 0, 22, 2), "2:22"),
        (b"\x1d\0\1\2", "0102"),
    ],
)
def test_an_address(data: bytes, text: str) -> None:
    assert sockaddr.text(data) == text


def test_any_bytes_are_an_address() -> None:
    for family in range(48):
        for size in range(40):
            assert isinstance(sockaddr.text(struct.pack("=H", family) + b"\xff" * size), str)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0x4040, "MSG_DONTWAIT|MSG_NOSIGNAL"), (0x80000040, "MSG_DONTWAIT|0x80000000")],
)
def test_a_mask(value: int, text: str) -> None:
    assert names.mask(names.MESSAGE_FLAGS, value) == text


def test_types_and_protocols() -> None:
    assert names.socket_type(1 | 0o4000 | 0o2000000) == "SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC"
    assert names.socket_type(9) == "9"
    assert names.protocol(2, 1, 0) == "tcp"
    assert names.protocol(10, 2, 0) == "udp"
    assert names.protocol(2, 2, 1) == "icmp"
    assert names.protocol(1, 1, 0) == "unix"
    assert names.protocol(16, 3, 0) == "netlink"
    assert names.protocol(2, 3, 253) == "253"


@pytest.mark.parametrize("level", ["SOL_SOCKET", "IPPROTO_IP", "IPPROTO_IPV6", "IPPROTO_TCP"])
def test_options_are_as_python_has_them(level: str) -> None:
    prefix = {"SOL_SOCKET": "SO_", "IPPROTO_IP": "IP_"}.get(level, level[8:] + "_")
    known = options.OPTIONS[getattr(socket, level)]
    found = 0
    for number, name in known.items():
        if name.startswith(prefix) and isinstance(value := getattr(socket, name, None), int):
            old_and_new = {29, 35, 37, 20, 21, 63, 64, 65, 66, 67}
            assert number == value or (level == "SOL_SOCKET" and number in old_and_new), name
            found += 1
    assert found > 5


def test_values_of_options() -> None:
    assert options.value("SO_LINGER", struct.pack("=ii", 1, 5)) == {"l_onoff": 1, "l_linger": 5}
    assert options.value("SO_RCVTIMEO", struct.pack("=qq", 1, 2)) == {"tv_sec": 1, "tv_usec": 2}
    assert options.value("SO_RCVTIMEO", b"\1\0\0\0") == 1
    assert options.value("TCP_CONGESTION", b"cubic\0\0\0") == "cubic"
    assert options.value("SO_ERROR", struct.pack("=i", 111)) == "ECONNREFUSED"
    assert options.value("SO_ERROR", bytes(4)) == 0
    assert options.value("TCP_INFO", b"\1\2\3") == "010203"
    assert options.option(6, 1) == "TCP_NODELAY"
    assert options.option(6, 4711) == "4711"
    assert options.level(4711) == "4711"


def test_registers_are_signed_or_not() -> None:
    assert signed((1 << 64) - 4) == -4
    assert signed(5) == 5
    assert signed_int(0xFFFFFFFF) == -1
    assert signed_int((7 << 32) | 3) == 3
