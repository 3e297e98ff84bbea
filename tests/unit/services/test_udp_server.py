"""The UDP time server: one datagram in, one out, of every size UDP has."""

import os
import signal
import socket
import time
from collections.abc import Iterator

import pytest

from services.message import LONGEST_DATAGRAM
from tests.unit.services.helpers import Program, Start, unstamped


@pytest.fixture
def server(start: Start) -> Program:
    return start("udp_time_server", "--port", "0")


@pytest.fixture
def sender() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(10)
        yield sock


@pytest.mark.parametrize("size", [0, 1, 1472, 1473, 65_482])
def test_a_datagram_comes_back_with_the_time(
    server: Program, sender: socket.socket, size: int
) -> None:
    data = os.urandom(size)
    sender.sendto(data, ("127.0.0.1", server.port))
    reply, peer = sender.recvfrom(70_000)
    assert unstamped(reply) == data
    assert peer == ("127.0.0.1", server.port)


def test_the_longest_datagram_gets_a_reply_cut_to_the_longest(
    server: Program, sender: socket.socket
) -> None:
    data = os.urandom(LONGEST_DATAGRAM)
    sender.sendto(data, ("127.0.0.1", server.port))
    reply = sender.recv(70_000)
    assert len(reply) == LONGEST_DATAGRAM
    assert unstamped(reply) == data[:-25]
    server.await_output("reply cut by 25 bytes to fit one datagram")


def test_a_datagram_longer_than_the_buffer_loses_its_rest_and_says_so(
    start: Start, sender: socket.socket
) -> None:
    server = start("udp_time_server", "--port", "0", "--buffer", "4")
    sender.sendto(b"123456", ("127.0.0.1", server.port))
    assert unstamped(sender.recv(100)) == b"1234"
    server.await_output("more than 4 bytes, rest lost")


def test_boundaries_are_kept(server: Program, sender: socket.socket) -> None:
    for data in (b"one", b"", b"two\nlines\n"):
        sender.sendto(data, ("127.0.0.1", server.port))
    assert [unstamped(sender.recv(100)) for _ in range(3)] == [b"one", b"", b"two\nlines\n"]


@pytest.mark.parametrize("address", ["127.0.0.2", "127.3.2.1"])
def test_the_reply_comes_from_the_address_that_was_asked(
    server: Program, sender: socket.socket, address: str
) -> None:
    sender.sendto(b"x", (address, server.port))
    assert sender.recvfrom(100)[1] == (address, server.port)


@pytest.mark.parametrize("family", ["4", "6"])
def test_one_family_alone_works_too(start: Start, family: str) -> None:
    server = start("udp_time_server", "--port", "0", "--family", family)
    host, kind = ("::1", socket.AF_INET6) if family == "6" else ("127.0.0.2", socket.AF_INET)
    with socket.socket(kind, socket.SOCK_DGRAM) as sock:
        sock.settimeout(10)
        sock.sendto(b"x", (host, server.port))
        reply, peer = sock.recvfrom(100)
    assert unstamped(reply) == b"x"
    assert peer[:2] == (host, server.port)


def test_clients_that_vanish_do_not_harm_the_next(server: Program, sender: socket.socket) -> None:
    for _ in range(20):
        # Gone before the reply: the kernel answers it with ICMP "port unreachable".
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
            gone.sendto(b"x", ("127.0.0.1", server.port))
    sender.sendto(b"still there?", ("127.0.0.1", server.port))
    assert unstamped(sender.recv(100)) == b"still there?"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_after_what_is_queued(
    server: Program, sender: socket.socket, number: int
) -> None:
    port = server.port
    server.signal(signal.SIGSTOP)
    for count in range(50):
        sender.sendto(b"%d" % count, ("127.0.0.1", port))
    server.signal(number)
    server.signal(signal.SIGCONT)
    assert server.status() == 0
    assert [unstamped(sender.recv(100)) for _ in range(50)] == [b"%d" % n for n in range(50)]
    assert server.output.endswith("udp-time-server: ended\n")


def test_datagrams_that_never_cease_do_not_hold_it_up(start: Start) -> None:
    server = start("udp_time_server", "--port", "0", "--grace", "0.3", "--quiet")
    address = ("127.0.0.1", server.port)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood:
        server.signal(signal.SIGTERM)
        deadline = time.monotonic() + 10
        while server.running and time.monotonic() < deadline:
            flood.sendto(b"more", address)
    assert server.status() == 0
    assert server.output.endswith("udp-time-server: ended\n"), "not by the last resort"
