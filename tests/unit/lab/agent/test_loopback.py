"""A host's link to itself: which packets are diverted for it, and what the wire knows them by."""

import fcntl
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from lab.agent.wire import diverting, expressions, lines, loopback, netlink, nfqueue
from lab.agent.wire.diverting import Diverting
from lab.agent.wire.fault import Fault
from lab.agent.wire.lines import IPV4, IPV6, Counted, Diversion, Line
from lab.agent.wire.link import Link
from lab.agent.wire.loopback import ANSWER_MARK, COPY_MARK, is_loopback
from lab.agent.wire.nfqueue import ANSWER, LOOPBACK, UNSUMMED, Arrived, Queue
from lab.agent.wire.pipeline import Pipeline
from lab.evidence.pcapng import Record, read
from lab.net.packet import TCP, UDP
from tests.unit.lab.agent.captures import captured
from tests.unit.lab.agent.wire_packets import CLIENT4, SERVER4, ipv4, tcp, udp

OWN = frozenset({SERVER4, bytes([127, 0, 0, 1])})
BOTH = (IPV4, IPV6)
WATCHED = {Diversion(family, neighbours=True) for family in BOTH}
WATCHED_LOOPBACK = {
    Diversion(family, neighbours=True, loopback=True, answers=True) for family in BOTH
}


class Lines:
    """A table of lines that no kernel holds."""

    def __init__(self, _queue: int) -> None:
        self.there: set[Line] = set()

    def change(self, new: Sequence[Line], gone: Sequence[Line]) -> Sequence[Any]:
        self.there = (self.there | set(new)) - set(gone)
        return []


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Lines:
    made = Lines(0)
    monkeypatch.setattr(diverting, "Table", lambda _queue: made)
    return made


def link(name: str, addresses: Iterable[bytes], *faults: Fault, is_loopback: bool = False) -> Link:
    pipeline = Pipeline()
    for one in faults:
        pipeline.add(one, 0)
    return Link(name, addresses, pipeline, is_loopback=is_loopback)


def itself(*faults: Fault) -> Link:
    return link("server", OWN, *faults, is_loopback=True)


def test_whatever_comes_over_the_loopback_is_diverted_from_whichever_address(table: Lines) -> None:
    Diverting().put([itself(Fault("delay", {"delay_ms": 1}))], watched=False)
    assert table.there == {Diversion(family, loopback=True) for family in BOTH}


def test_a_match_narrows_what_is_diverted_there_too(table: Lines) -> None:
    Diverting().put([itself(Fault("drop", {"tcp": "syn", "first": 1}))], watched=False)
    assert table.there == {
        Diversion(family, protocol=TCP, flags=0x02, loopback=True) for family in BOTH
    }


def test_a_version_that_is_not_meant_is_not_diverted(table: Lines) -> None:
    Diverting().put([itself(Fault("delay", {"delay_ms": 1, "ip_version": 6}))], watched=False)
    assert table.there == {Diversion(IPV6, loopback=True)}


def test_the_kernel_drops_there_what_nobody_is_to_see(table: Lines) -> None:
    fault = Fault("drop", {"protocol": "udp"})
    Diverting().put([itself(fault)], watched=False)
    assert table.there == {
        Counted(id(fault), Diversion(family, protocol=UDP, loopback=True), drops=True)
        for family in BOTH
    }


def test_faults_on_other_links_divert_nothing_of_the_loopback(table: Lines) -> None:
    made = Diverting()
    of_client = link("client", {CLIENT4}, Fault("delay", {"delay_ms": 1}))
    made.put([of_client, itself()], watched=False)
    assert table.there == {Diversion(IPV4, CLIENT4)}
    made.put([of_client, itself()], watched=True)
    assert table.there == {Diversion(IPV4, CLIENT4), *WATCHED}


def test_watchers_see_the_loopback_only_when_that_is_asked_for(table: Lines) -> None:
    made = Diverting()
    made.put([], watched=True, with_loopback=True)
    assert table.there == WATCHED | WATCHED_LOOPBACK
    made.put([], watched=True)
    assert table.there == WATCHED
    made.put([], watched=False)
    assert table.there == set()


def written(one: Diversion) -> bytes:
    return b"".join(lines.written(one, 0))


def test_lines_of_the_loopback_leave_what_the_wire_has_sent(table: Lines) -> None:
    del table
    marks = [
        expressions.compare(1, mark.to_bytes(4, "little")) for mark in (COPY_MARK, ANSWER_MARK)
    ]
    big = [expressions.compare(1, mark.to_bytes(4, "big")) for mark in (COPY_MARK, ANSWER_MARK)]

    def leaves(one: Diversion) -> list[bool]:
        return [a in written(one) or b in written(one) for a, b in zip(marks, big, strict=True)]

    assert leaves(Diversion(IPV4)) == [False, False]
    assert leaves(Diversion(IPV4, loopback=True)) == [True, True]
    assert leaves(Diversion(IPV4, loopback=True, answers=True)) == [True, False]


class Kernel:
    """Says one thing: a packet in the queue, with these attributes before its payload."""

    def __init__(self, *attributes: bytes) -> None:
        head = netlink.attribute(1, bytes(7))  # NFQA_PACKET_HDR
        body = b"".join((head, *attributes, netlink.attribute(10, b"data")))
        self._said = [netlink.message(nfqueue._PACKET[0] | 3 << 8, 0, body)]

    def recv_into(self, buffer: bytearray) -> int:
        if not self._said:
            raise BlockingIOError
        data = self._said.pop()
        buffer[: len(data)] = data
        return len(data)

    def setblocking(self, _blocking: bool) -> None:
        pass

    def setsockopt(self, *_option: Any) -> None:
        pass

    def send(self, _data: bytes) -> None:
        pass


def number(kind: int, value: int) -> bytes:
    return netlink.attribute(kind, value.to_bytes(4, "big"))


INFO = number(14, UNSUMMED)


@pytest.mark.parametrize(
    ("attributes", "marks"),
    [
        ([number(5, 2), INFO], UNSUMMED),
        ([number(5, 2), number(3, ANSWER_MARK), INFO], UNSUMMED),
        ([number(5, 1), INFO], UNSUMMED | LOOPBACK),
        ([number(5, 1), number(3, 7), INFO], UNSUMMED | LOOPBACK),
        ([number(5, 1), number(3, ANSWER_MARK)], LOOPBACK | ANSWER),
        (
            [number(5, 1), number(3, ANSWER_MARK), number(13, 60), INFO],
            UNSUMMED | LOOPBACK | ANSWER,
        ),
    ],
)
def test_packets_in_the_queue_tell_that_they_are_from_the_host_itself(
    monkeypatch: pytest.MonkeyPatch, attributes: list[bytes], marks: int
) -> None:
    monkeypatch.setattr(netlink, "connect", lambda: Kernel(*attributes))
    monkeypatch.setattr(netlink, "ask", lambda *_messages: None)
    (arrived,) = Queue().read()
    assert arrived == Arrived(bytes(4), b"data", marks)


@pytest.mark.parametrize(
    ("address", "is_its"),
    [
        ("7f000001", True),
        ("7fffffff", True),
        ("80000001", False),
        ("c6120001", False),
        ("0" * 31 + "1", True),
        ("7f" + "0" * 30, False),
        ("", False),
    ],
)
def test_addresses_of_the_loopback(address: str, is_its: bool) -> None:
    assert is_loopback(bytes.fromhex(address)) is is_its


def test_capture_names_the_link_to_itself(tmp_path: Path) -> None:
    at = bytes([127, 8, 0, 1])
    packets = [
        ipv4(UDP, udp(b"x", length=9), source=source) for source in (at, SERVER4, CLIENT4, bytes(4))
    ]
    dropped = ipv4(TCP, tcp(0x02), source=at)
    fault = Fault("drop", {"protocol": "tcp"})
    path = tmp_path / "wire.pcapng"
    path.write_bytes(
        captured([*packets, dropped], [fault], sources={SERVER4: "server", CLIENT4: "client"})
    )
    found = [one for one in read(path) if isinstance(one, Record) and one.interface == 0]
    assert [one.comment.partition(":")[0] for one in found] == [
        *("server -> server", "server -> server", "client -> server", "delivered"),
        "server -> server",
    ]


class Interface:
    """A loopback interface with an MTU, as ioctl(2) reads and sets it."""

    def __init__(self) -> None:
        self.mtu = 65_536

    def ioctl(self, _socket: object, request: int, asked: bytes) -> bytes:
        name, value = loopback._REQUEST.unpack(asked)
        assert name.rstrip(b"\0") == b"lo"
        if request == loopback._SIOCSIFMTU:
            self.mtu = value
        return loopback._REQUEST.pack(name, self.mtu)


def test_long_packets_are_allowed_again_unless_somebody_has_set_the_mtu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lo = Interface()
    monkeypatch.setattr(fcntl, "ioctl", lo.ioctl)
    packets = loopback.LongPackets()
    for _ in range(2):
        packets.allow(is_allowed=False)
        packets.allow(is_allowed=False)
        assert lo.mtu == loopback.MOST_BYTES
        packets.allow(is_allowed=True)
        packets.allow(is_allowed=True)
        assert lo.mtu == 65_536
    packets.allow(is_allowed=False)
    lo.mtu = 1500
    packets.allow(is_allowed=True)
    assert lo.mtu == 1500
    packets.allow(is_allowed=False)
    assert lo.mtu == 1500
