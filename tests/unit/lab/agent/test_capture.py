"""The stream of a capture: every packet with its fate; scapy and tshark read what was written."""

from pathlib import Path
from typing import Any

import pytest
from scapy.utils import RawPcapNgReader

from lab.agent.wire.fault import Fault
from lab.evidence.pcapng import Record, Statistics, read
from lab.net.pcapng import ARRIVED, DELIVERED
from tests import tshark
from tests.unit.lab.agent.captures import LINK, Taken, captured, fault
from tests.unit.lab.agent.wire_packets import PLAIN, ipv4, tcp, udp

SYN = ipv4(6, tcp(0x02))
DATAGRAMS = [ipv4(17, udp(b"x" * size, length=8 + size)) for size in range(1, 6)]


def records(path: Path, stream: bytes) -> tuple[list[Record], list[Statistics]]:
    path.write_bytes(stream)
    found = list(read(path))
    packets = [one for one in found if isinstance(one, Record)]
    return packets, [one for one in found if isinstance(one, Statistics)]


def fates(path: Path, stream: bytes) -> list[tuple[int, str]]:
    """Return the interface and the fate of each record, whose link must be the right one."""
    packets, _ = records(path, stream)
    assert {one.comment.partition(": ")[0] for one in packets} <= {LINK}
    return [(one.interface, one.comment.partition(": ")[2]) for one in packets]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "wire.pcapng"


def test_without_faults_every_packet_is_there_as_it_arrived_and_as_it_went_on(path: Path) -> None:
    packets, statistics = records(path, captured(PLAIN))
    for interface in (ARRIVED, DELIVERED):
        assert [one.data for one in packets if one.interface == interface] == list(PLAIN)
    assert {one.comment for one in packets} == {f"{LINK}: delivered"}
    ids = [one.packet_id for one in packets if one.interface == ARRIVED]
    assert ids == list(range(1, len(PLAIN) + 1))
    assert ids == [one.packet_id for one in packets if one.interface == DELIVERED]
    assert [(one.received, one.dropped, one.lost) for one in statistics] == [
        (len(PLAIN), 0, 3),
        (len(PLAIN), 0, 0),
    ]


def test_scapy_reads_the_same(path: Path) -> None:
    stream = captured(PLAIN, [fault(1, "drop", nth=2)])
    packets, _ = records(path, stream)
    read_again: list[Any] = list(RawPcapNgReader(str(path)))
    assert [(data, meta.comments) for data, meta in read_again] == [
        (one.data, [one.comment.encode()]) for one in packets
    ]
    assert [meta.tshigh << 32 | meta.tslow for _, meta in read_again] == [
        one.time_ns for one in packets
    ]
    assert {(meta.linktype, meta.tsresol) for _, meta in read_again} == {(101, 10**9)}
    names = {one.interface: meta.ifname for one, (_, meta) in zip(packets, read_again, strict=True)}
    assert names == {ARRIVED: b"arrived at the wire", DELIVERED: b"delivered"}


def test_a_packet_from_nobody_known_has_no_link(path: Path) -> None:
    packets, _ = records(path, captured([SYN], sources={}))
    assert [one.comment for one in packets] == ["delivered", "delivered"]


DROP = "fault server/3 (drop tcp=syn first=1)"
DELAY = "fault server/2 (delay delay_ms=50)"
COPY = "fault server/4 (duplicate copies=2)"
RATE = "fault server/5 (rate rate_bps=800 limit_packets=0)"


def test_dropped(path: Path) -> None:
    stream = captured([SYN, SYN], [fault(3, "drop", tcp="syn", first=1)])
    gone, gone_on = f"dropped by {DROP}", "delivered"
    assert fates(path, stream) == [(ARRIVED, gone), (ARRIVED, gone_on), (DELIVERED, gone_on)]


def test_copies_have_a_record_each_with_one_id(path: Path) -> None:
    stream = captured([SYN], [fault(4, "duplicate", copies=2)])
    fate = f"delivered 3 times: 3 times by {COPY}"
    assert fates(path, stream) == [(ARRIVED, fate), *[(DELIVERED, fate)] * 3]
    packets, statistics = records(path, stream)
    assert {(one.packet_id, one.data) for one in packets} == {(1, SYN)}
    assert [one.received for one in statistics] == [1, 3]


def test_delayed(path: Path) -> None:
    stream = captured([SYN], [fault(2, "delay", delay_ms=50)])
    (arrived, fate), (delivered, same) = fates(path, stream)
    assert (arrived, delivered, same) == (ARRIVED, DELIVERED, fate)
    late, _, notes = fate.partition(": ")
    assert late.startswith("delivered ")
    assert late.endswith(" ms late")
    assert notes == f"delayed 50.000 ms by {DELAY}"


def test_what_waits_at_the_end_is_still_held(path: Path) -> None:
    stream = captured([SYN, SYN], [fault(2, "delay", delay_ms=50, nth=2)], later=False)
    held = "still held: delayed 50.000 ms by fault server/2 (delay delay_ms=50 nth=2)"
    assert fates(path, stream) == [
        (ARRIVED, "delivered"),
        (DELIVERED, "delivered"),
        (ARRIVED, held),
    ]


def test_a_queue_that_is_full(path: Path) -> None:
    faults = [fault(4, "duplicate", copies=2), fault(5, "rate", rate_bps=800, limit_packets=0)]
    stream = captured([SYN, SYN], faults, later=False)
    lost = f"dropped by {RATE}: the queue is full: 3 times by {COPY}"
    assert fates(path, stream)[0] == (ARRIVED, lost)


def test_changed_packets_show_what_was_delivered(path: Path) -> None:
    packets, _ = records(path, captured(DATAGRAMS, [fault(6, "corrupt", nth=2)]))
    assert [one.data for one in packets if one.interface == ARRIVED] == DATAGRAMS
    delivered = [one.data for one in packets if one.interface == DELIVERED]
    assert [a == b for a, b in zip(delivered, DATAGRAMS, strict=True)] == [1, 0, 1, 1, 1]
    (fate,) = {one.comment for one in packets if one.packet_id == 2}
    assert fate.startswith(f"{LINK}: delivered changed: corrupted from bit ")
    assert fate.endswith("by fault server/6 (corrupt nth=2)")


def test_answers_are_told(path: Path) -> None:
    data = ipv4(6, tcp(0x18, b"data", acknowledgment=99))
    packets, _ = records(path, captured([data], [fault(7, "reject")]))
    (fate,) = [one.comment for one in packets]
    assert fate.startswith(f"{LINK}: not delivered: rejected")
    assert "; answered with 198.18.1.3 > 198.18.1.2 ICMP unreachable" in fate


def test_no_more_than_asked_is_kept_of_a_packet(path: Path) -> None:
    for snap_bytes in (30, 31, 32, 33):
        faults = [fault(2, "delay", delay_ms=50, nth=1)]
        packets, _ = records(path, captured(DATAGRAMS, faults, snap_bytes=snap_bytes))
        assert len(packets) == 2 * len(DATAGRAMS)
        for one in packets:
            (whole,) = (data for data in DATAGRAMS if len(data) == one.length)
            assert one.data == whole[:snap_bytes]


def test_what_the_reader_is_too_slow_for_is_counted(path: Path) -> None:
    faults = [fault(3, "drop", nth=1), fault(2, "delay", delay_ms=50, nth=2)]
    packets, statistics = records(path, captured(DATAGRAMS, faults, taken=Taken(0)))
    assert packets == []
    assert [(one.received, one.dropped) for one in statistics] == [(5, 5), (4, 4)]


@pytest.mark.parametrize("faults", [[], [fault(4, "duplicate", copies=2)]], ids=["none", "copies"])
def test_wireshark_finds_nothing_wrong(path: Path, faults: list[Fault]) -> None:
    sent = [ipv4(17, udp(b"hello")), ipv4(17, udp(b"again"))]
    path.write_bytes(captured(sent, faults))
    assert tshark.complaints(path) == ""
    names = ("frame.interface_name", "frame.packet_id", "frame.comment", "udp.length")
    shown = [tuple(packet.values()) for packet in tshark.fields(path, *names)]
    packets, _ = records(path, path.read_bytes())
    interfaces = {ARRIVED: "arrived at the wire", DELIVERED: "delivered"}
    assert shown == [
        (interfaces[one.interface], str(one.packet_id), one.comment, "13") for one in packets
    ]
    said = tshark.run("capinfos", str(path))
    assert "Number of interfaces in file: 2" in said
    assert said.count("Number of stat entries = 1") == 2
