"""Captures as files: read, put in order, made of several hosts' streams, cut short anywhere."""

import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from lab.errors import EvidenceError
from lab.evidence import reordering
from lab.evidence.capture_writer import Captured, CaptureWriter
from lab.evidence.pcapng import Record, Statistics, blocks, read
from lab.net.fate import DELIVERED_FATE
from lab.net.packet import ACK, TCP
from lab.net.pcapng import ARRIVED, opening
from tests import tshark
from tests.unit.lab.agent.captures import captured, fault
from tests.unit.lab.agent.wire_packets import PLAIN, SERVER4, ipv4, tcp, udp

MANY = [ipv4(17, udp(b"%d" % n)) for n in range(100)]
PIECE_BYTES = 999


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "wire.pcapng"


def records(path: Path) -> list[Record]:
    return [one for one in read(path) if isinstance(one, Record)]


def record(path: Path, streams: Mapping[str, bytes]) -> tuple[Captured, bool]:
    """Record streams as they come from sockets; return what was and if it was in order."""
    ends = {host: socket.socketpair() for host in streams}
    for host, (agent, _) in ends.items():
        agent.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        agent.sendall(streams[host][PIECE_BYTES:])
        agent.close()
    with path.open("wb", buffering=0) as file:
        begun = {host: (ends[host][1], data[:PIECE_BYTES]) for host, data in streams.items()}
        recorder = CaptureWriter(file, begun, snap_bytes=65_535)
        recorder.run()
        done = recorder.finish()
    for _, recording in ends.values():
        recording.close()
    return done, recorder.in_order


def test_several_hosts_in_one_file(path: Path) -> None:
    streams = {
        "server": captured(MANY, [fault(1, "drop", nth=3)]),
        "client": captured(PLAIN, sources={SERVER4: "server"}, host="client", first_id=1 << 48),
    }
    done, was_in_order = record(path, streams)
    assert done == Captured(
        hosts=("server", "client"),
        arrived_packets=len(MANY) + len(PLAIN),
        delivered_packets=len(MANY) - 1 + len(PLAIN),
        dropped_packets=0,
        lost_packets=6,
        ended_early=(),
        cut_short=(),
    )
    found = records(path)
    assert len(found) == done.arrived_packets + done.delivered_packets
    assert {one.packet_id >> 48 for one in found} == {0, 1}
    arrived = [one for one in found if one.interface == ARRIVED]
    assert [one.data for one in arrived if one.packet_id >> 48 == 0] == MANY
    # The client's came later than the server's, and are written first or last: either way, sorted.
    reordering.sort(path)
    assert sorted(found, key=lambda one: one.time_ns) == records(path)
    assert was_in_order == (found == records(path))
    assert tshark.run("capinfos", "-o", str(path)).count("True") == 1


@pytest.mark.parametrize("run_bytes", [1, 500, 1 << 20])
def test_what_waited_is_put_in_the_order_of_its_arrival(path: Path, run_bytes: int) -> None:
    path.write_bytes(captured(MANY, [fault(1, "delay", delay_ms=50, every=3)]))
    before = records(path)
    reordering.sort(path, run_bytes=run_bytes)
    after = records(path)
    assert before != after == sorted(before, key=lambda one: one.time_ns)
    assert [one.data for one in after if one.interface == ARRIVED] == MANY
    assert {path.name} == {one.name for one in path.parent.iterdir()}


def test_a_file_of_a_symbolic_link_stays_where_it_is(path: Path) -> None:
    path.write_bytes(captured(MANY))
    link = path.with_name("link")
    link.symlink_to(path)
    reordering.sort(link)
    assert link.is_symlink()
    assert len(records(path)) == 2 * len(MANY)


def test_wherever_a_file_is_cut_it_says_so_and_shows_what_is_there(path: Path) -> None:
    whole = captured(PLAIN)
    path.write_bytes(whole)
    wholes = records(path)
    shown: set[int] = set()
    for end in range(len(whole) - 4, 3, -4):
        path.write_bytes(whole[:end])
        found: list[Record | Statistics] = []
        with pytest.raises(EvidenceError, match=r"^\S+wire.pcapng: (cut short|no capture)"):
            found.extend(read(path))
        packets = [one for one in found if isinstance(one, Record)]
        assert packets == wholes[: len(packets)]
        shown.add(len(packets))
    assert shown == set(range(len(wholes) + 1))


def test_a_stream_that_is_cut_is_named_and_the_others_are_whole(path: Path) -> None:
    streams = {"server": captured(MANY)[:-8], "client": captured(MANY, host="client")}
    done, _ = record(path, streams)
    assert done.cut_short == ("server",)
    found: list[Record | Statistics] = []
    with pytest.raises(EvidenceError, match=r"wire.pcapng: cut short: server$"):
        found.extend(read(path))
    assert len([one for one in found if isinstance(one, Record)]) == 4 * len(MANY)
    assert tshark.complaints(path) == ""


@pytest.mark.parametrize("text", [b"", b"hello", b"\x0a\x0d\x0d\x0a\xff\xff\xff\xff" + bytes(20)])
def test_what_is_no_capture_is_refused(path: Path, text: bytes) -> None:
    path.write_bytes(text)
    with pytest.raises(EvidenceError, match="no capture of the wire"):
        list(blocks(path))


def test_a_file_without_packets_yet(path: Path) -> None:
    path.write_bytes(opening(65_535))
    assert len(list(blocks(path))) == 3
    with pytest.raises(EvidenceError, match="cut short: no statistics"):
        list(read(path))


@pytest.mark.parametrize("size", [1, 1448, 1449, 4096])
def test_superpacket_stands_for_the_packets_that_it_is_cut_into(size: int) -> None:
    data = ipv4(TCP, tcp(ACK, bytes(size)))
    one = Record(ARRIVED, 7, data, len(data), "", 40, "a", "b", DELIVERED_FATE, segment_bytes=1448)
    segments = list(one.segments())
    assert list(one.packet_ids) == [segment.packet_id for segment in segments]
    assert [segment.time_ns - one.time_ns for segment in segments] == [*range(len(segments))]
    assert [*segments[0].packet_ids] == [40]
