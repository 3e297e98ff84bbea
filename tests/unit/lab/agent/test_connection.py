"""Who asks the agent: nothing that is to be said is lost, however slowly it is read."""

import socket
from collections.abc import Iterator

import pytest

from lab.agent.connection import MOST_WAITING, Connection


@pytest.fixture
def ends() -> Iterator[tuple[Connection, socket.socket]]:
    ours, theirs = socket.socketpair()
    yield Connection(ours), theirs
    ours.close()
    theirs.close()


def test_what_is_said_comes_whole_and_in_order(ends: tuple[Connection, socket.socket]) -> None:
    connection, asker = ends
    pieces = [bytes([n]) * (n * 1000) for n in range(1, 250)]
    for piece in pieces:
        assert connection.stream(piece)
    heard = bytearray()
    while connection.wants_to_write:
        connection.flush()
        heard += asker.recv(70_001)
    asker.setblocking(False)
    while len(heard) < sum(map(len, pieces)):
        heard += asker.recv(1 << 20)
    assert bytes(heard) == b"".join(pieces)


def test_a_stream_is_refused_when_too_much_waits_but_an_answer_is_not(
    ends: tuple[Connection, socket.socket],
) -> None:
    connection, _ = ends
    assert connection.stream(bytes(MOST_WAITING))
    assert not connection.stream(b"x")
    assert not connection.wants_to_read
    connection.send({"done": 1})
    connection.flush()
    assert connection.wants_to_write


def test_who_asks_no_more_still_hears_the_rest(ends: tuple[Connection, socket.socket]) -> None:
    connection, asker = ends
    asker.sendall(b'{"do": "hello"}\n')
    asker.shutdown(socket.SHUT_WR)
    assert connection.read() == [{"do": "hello"}]
    assert not connection.ended
    assert connection.read() == []
    assert (connection.ended, connection.closed, connection.wants_to_read) == (True, False, False)
    connection.send({"done": 1})
    connection.flush()
    assert asker.recv(100) == b'{"done": 1}\n'


def test_who_has_gone_is_noticed(ends: tuple[Connection, socket.socket]) -> None:
    connection, asker = ends
    asker.close()
    connection.send({"done": 1})
    connection.flush()
    assert connection.closed


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\n", b"[1]\n", b"3\n", b"\xff\xfe\n"])
def test_who_speaks_nonsense_is_left(ends: tuple[Connection, socket.socket], said: bytes) -> None:
    connection, asker = ends
    asker.sendall(said)
    assert connection.read() == []
    assert connection.closed
