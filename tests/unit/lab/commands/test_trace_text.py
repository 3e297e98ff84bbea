"""What `lab trace` prints of packets and faults, and how they are told from calls."""

import json

import pytest

from lab.api.fault import FaultStatus
from lab.api.fault_watch import ADDED, FaultChange
from lab.commands.trace_text import PacketText, call_json, call_line
from lab.evidence.events import TraceNotice, TraceOff, TraceOn
from lab.evidence.pcapng import Record
from lab.net import pcapng
from lab.net.fate import DELIVERED_FATE, DROPPED, Action, Fate
from tests import made_evidence as made
from tests.made_traces import traced

AT_NS = 1_700_000_000_123_456_000
LOST = Fate(DROPPED, actions=(Action("server/1", "drop", "drop tcp=syn", "dropped"),))
LATE = Fate(late_ns=50_000_000, actions=(Action("server/2", "delay", "delay", "delayed"),))
FAULT = FaultStatus(
    *("client", "server", 1, "drop", {"tcp": "syn"}, True, False, True, None, 0, 0, 0)
)


def packet(
    data: bytes, source: str = "client", target: str = "server", fate: Fate = DELIVERED_FATE
) -> Record:
    return Record(pcapng.ARRIVED, AT_NS, data, len(data), "", 1, source, target, fate)


SYN = made.tcp(made.CLIENT, made.SYN, seq=100)
SYN_ACK = made.tcp(made.SERVER, made.SYN | made.ACK, seq=500, ack=101)
DATA = made.tcp(made.CLIENT, made.PSH | made.ACK, seq=101, ack=501, data=b"hello")


def test_packets_have_marks_and_sequence_numbers_from_the_first() -> None:
    text = PacketText("client", colours=False)
    lines = [
        *(text.packet(packet(SYN, fate=LOST)), text.packet(packet(SYN))),
        text.packet(packet(SYN_ACK, "server", "client")),
        text.packet(packet(DATA, fate=LATE)),
        PacketText("client", colours=False).packet(packet(SYN, "client", "client")),
    ]
    assert lines == [
        "> 22:13:20.123456 client:40000 -> server:21567  TCP SYN"
        "  dropped by fault server/1 (drop tcp=syn)",
        "> 22:13:20.123456 client:40000 -> server:21567  TCP SYN (retransmission)",
        "< 22:13:20.123456 server:21567 -> client:40000  TCP SYN-ACK",
        "> 22:13:20.173456 client:40000 -> server:21567  TCP PSH-ACK 1:6 ack 1 len 5"
        "  delivered 50.0 ms late: delayed by fault server/2 (delay)",
        "= 22:13:20.123456 client:40000 -> client:21567  TCP SYN",
    ]


def test_a_fault_and_a_note_have_marks_of_their_own() -> None:
    text = PacketText("client", colours=False)
    shown = text.fault(FaultChange(AT_NS, ADDED, FAULT))
    assert shown == "! 22:13:20.123456 fault server/1 added: client -> server: drop tcp=syn"
    assert text.note("x").startswith("! ")
    assert text.call("12:00:00 curl[5]  close(3)").startswith("  12:00:00 ")


def test_colours_are_beside_the_marks() -> None:
    text = PacketText("client", colours=True)
    assert text.packet(packet(SYN)).startswith("\x1b[36m> ")
    assert text.packet(packet(SYN)).endswith("\x1b[0m")
    assert "\x1b" not in text.call("x")


def test_a_call_that_began_before_other_lines_says_so() -> None:
    call = traced(1000, "recvfrom", ms=1500, result=5)
    began, ended = call_line(call, {}), call_line(call, {}, ended=True)
    assert began.endswith(" curl[5]  recvfrom(3) = 5  1.500000 s")
    assert ended.endswith(" curl[5]  ... recvfrom(3) = 5  1.500000 s")
    assert began.split()[0] < ended.split()[0]


def test_notices_have_no_clock() -> None:
    notice = TraceNotice(time_ns=1, host="client", program="x", pid=5, subject="io_uring")
    assert call_line(notice, {}) == "x[5]  note: io_uring"
    assert json.loads(call_json(notice))["kind"] == "trace_notice"


def test_the_begin_and_the_end_of_a_trace_have_lines() -> None:
    on = TraceOn(time_ns=AT_NS, host="client", program="x", pid=5)
    assert call_line(on, {}) == "22:13:20.123456 x[5]  its trace begins"
    off = TraceOff(time_ns=AT_NS, why="exited", host="client", program="x", pid=5)
    assert call_line(off, {}) == "22:13:20.123456 x[5]  its trace ends: exited"
    assert json.loads(call_json(off))["kind"] == "trace_off"


@pytest.mark.parametrize(("fate", "faults"), [(LOST, ["server/1"]), (DELIVERED_FATE, [])])
def test_as_json(fate: Fate, faults: list[str]) -> None:
    text = PacketText("client", colours=False)
    found = json.loads(text.packet_json(packet(SYN, fate=fate)))
    assert (found["kind"], found["time_ns"], found["faults"]) == ("packet", AT_NS, faults)
    assert (found["protocol"], found["source_port"]) == ("tcp", 40000)
    assert found["fate"] == list(fate.words)
    change = json.loads(text.fault_json(FaultChange(AT_NS, ADDED, FAULT)))
    assert (change["kind"], change["change"], change["id"]) == ("fault", ADDED, "server/1")
    assert json.loads(text.note_json("x"))["kind"] == "note"
