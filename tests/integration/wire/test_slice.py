"""Slice: one segment becomes several on the way, with the same bytes.

Proof that it acts: the sender makes one segment of it, and the receiver's kernel counts several;
its program, which reads as soon as there is something, gets the bytes in pieces.
"""

from pathlib import Path

from lab.evidence.pcapng import Record, read
from lab.net.packet import parse
from lab.net.pcapng import ARRIVED
from tests.integration.wire.ends import Ends, pattern
from tests.waiting import wait_until


def test_every_byte_comes_once_in_more_segments(ends: Ends) -> None:
    stream, data = ends.stream(), pattern(1_000)
    before = ends.counters("server")["TcpInSegs"]
    with ends.forth.slice(port=stream.port, size_bytes=100) as fault:
        stream.client.send(data)
        assert stream.server.read(1_000) == data
        assert (fault.matched, fault.acted) == (1, 1)
        assert ends.counters("server")["TcpInSegs"] >= before + 10
    stream.client.send(b"as before")
    assert stream.server.read(9) == b"as before"
    assert stream.server.drain() == []


def test_a_program_reads_a_message_in_pieces(ends: Ends) -> None:
    stream = ends.stream()
    with ends.forth.slice(port=stream.port, size_bytes=4, spacing_ms=200):
        stream.client.send(b"one message")
        assert [stream.server.recv(100) for _ in range(3)] == [b"one ", b"mess", b"age"]
    assert stream.server.drain() == []


def test_a_long_transfer_and_its_end_arrive_whole(ends: Ends) -> None:
    stream, data = ends.stream(), pattern(200_000)
    with ends.forth.slice(port=stream.port, size_bytes=500) as fault:
        stream.client.sendall(data)
        assert stream.server.read(200_000) == data
        assert fault.acted >= 100
        stream.client.close()
        assert stream.server.read(1) == b""


def test_lifted_while_pieces_wait_it_lets_them_go_on(ends: Ends) -> None:
    stream = ends.stream()
    with ends.forth.slice(port=stream.port, size_bytes=1, spacing_ms=60_000) as fault:
        stream.client.send(b"hello")
        assert stream.server.recv(100) == b"h"
        wait_until(lambda: fault.acted == 1, "the segment to be cut")
    assert stream.server.read(4) == b"ello"


def test_a_capture_shows_one_arrival_and_all_pieces(ends: Ends, tmp_path: Path) -> None:
    stream, path = ends.stream(), tmp_path / "wire.pcapng"
    with (
        ends.lab.capture(path),
        ends.forth.slice(port=stream.port, size_bytes=2),
        ends.forth.duplicate(port=stream.port, data=True, nth=3),
    ):
        stream.client.send(b"hello")
        assert stream.server.read(5) == b"hello"
    found = [one for one in read(path) if isinstance(one, Record) and one.fate.actions]
    data = [one.data[parse(one.data).payload_at :] for one in found]
    assert data == [b"hello", b"he", b"ll", b"o", b"o"]
    assert [one.interface == ARRIVED for one in found] == [True, *[False] * 4]
    assert len({one.packet_id for one in found}) == 1
