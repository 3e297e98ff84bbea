"""Connections come by a channel: which are taken, and what an agent does when none can come."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.agent.handed_over import HandedOver
from lab.agent.server import Server


@pytest.fixture
def channel() -> Iterator[tuple[socket.socket, HandedOver]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        listener = HandedOver(theirs)
        listener.setblocking(False)
        yield ours, listener


def test_a_connection_is_taken_as_it_was_handed_over(
    channel: tuple[socket.socket, HandedOver],
) -> None:
    ours, listener = channel
    end, other = socket.socketpair()
    with end, other:
        socket.send_fds(ours, [b"\n"], [other.fileno()])
        with listener.accept()[0] as accepted:
            end.sendall(b"x")
            assert accepted.recv(10) == b"x"


def test_what_is_no_socket_or_has_been_lost_is_nothing_to_take(
    channel: tuple[socket.socket, HandedOver],
) -> None:
    ours, listener = channel
    null = os.open(os.devnull, os.O_RDONLY)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for descriptors in ([null], []):
        socket.send_fds(ours, [b"\n"], descriptors)
        with pytest.raises(BlockingIOError):
            listener.accept()
    with pytest.raises(BlockingIOError):
        listener.accept()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    os.close(null)


def test_the_end_of_the_channel_is_told_from_nothing_yet(
    channel: tuple[socket.socket, HandedOver],
) -> None:
    ours, listener = channel
    ours.close()
    with pytest.raises(EOFError):
        listener.accept()


def test_an_agent_to_which_nobody_can_come_ends(channel: tuple[socket.socket, HandedOver]) -> None:
    ours, listener = channel
    ours.close()
    Server(listener).run()  # at once


def test_an_agent_serves_who_came_until_they_go(channel: tuple[socket.socket, HandedOver]) -> None:
    ours, listener = channel
    end, other = socket.socketpair()
    with end:
        with other:
            socket.send_fds(ours, [b"\n"], [other.fileno()])
        ours.close()
        end.sendall(b'{"do": "hello"}\n')
        end.shutdown(socket.SHUT_WR)
        Server(listener).run()
        assert end.recv(100) == b'{"done": {}}\n'
