"""Each fault of a sweep is a step that a scenario takes, and says what it does."""

from pathlib import Path

import pytest

from lab.scenario.of_programs import flow
from lab.scenario.reader import read
from lab.sweep.faults import CallFault, Fault, FaultKind, PacketFault, of_position
from lab.sweep.positions import PacketKind
from tests.unit.lab.sweep.made import position

DATA = position(2)
ALL = frozenset(FaultKind)
HEAD = "title: x\nshows: y\nhosts: [server, client]\ntrace: client\nsteps:\n  - "


def kinds(kind: PacketKind) -> set[FaultKind]:
    return {one.kind for one in of_position(position(kind=kind), ALL, 10)}


@pytest.mark.parametrize("kind", PacketKind)
def test_every_fault_of_every_kind_of_packet_is_a_step(kind: PacketKind, tmp_path: Path) -> None:
    found = list(of_position(position(2, kind), ALL, delay_ms=10))
    assert FaultKind.DROP in {one.kind for one in found}
    for fault in found:
        text = HEAD + flow(fault.step) + "\n"
        scenario = read(tmp_path / "x.yaml", text=text)
        assert len(scenario.steps) == 1


def test_which_faults_a_packet_can_meet() -> None:
    assert kinds(PacketKind.DATA) == ALL
    assert kinds(PacketKind.DATAGRAM) == ALL - {FaultKind.RESET}
    assert kinds(PacketKind.FIN) == ALL - {FaultKind.CORRUPT}
    assert kinds(PacketKind.RST) == ALL - {FaultKind.CORRUPT, FaultKind.RESET}


def test_one_packet_is_picked_by_its_number() -> None:
    asked = PacketFault(FaultKind.DROP, DATA).step
    assert (asked["fault"], asked["nth"], asked["ip_version"], asked["data"]) == (
        *("drop", 2, 4),
        True,
    )


@pytest.mark.parametrize(
    ("fault", "more"),
    [
        (PacketFault(FaultKind.CUT, DATA), {"fault": "drop", "after": 1}),
        (PacketFault(FaultKind.CUT, position(1)), {"fault": "drop"}),
        (
            PacketFault(FaultKind.CUT, DATA, packets=3),
            {"fault": "drop", "after": 1, "first": 3},
        ),
        (PacketFault(FaultKind.DELAY, DATA, 1500), {"after": 1, "delay_ms": 1500}),
        (PacketFault(FaultKind.CORRUPT, DATA), {"nth": 2, "checksum": "mended"}),
    ],
)
def test_what_is_for_good_begins_after_the_packets_before(
    fault: PacketFault, more: dict[str, object]
) -> None:
    selection = {"after", "first", "nth", "delay_ms", "checksum", "fault"}
    found = {key: value for key, value in fault.step.items() if key in selection}
    assert found == {"fault": str(fault.kind), **more}


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (PacketFault(FaultKind.DROP, DATA), "losing the 2nd data segment of client -> server"),
        (
            PacketFault(FaultKind.CUT, DATA),
            "losing all from the 2nd data segment of client -> server on",
        ),
        (
            PacketFault(FaultKind.CUT, DATA, packets=3),
            "losing 3 in a row from the 2nd data segment of client -> server on",
        ),
        (
            PacketFault(FaultKind.CUT, DATA, packets=1),
            "losing the 2nd data segment of client -> server",
        ),
        (
            PacketFault(FaultKind.DELAY, DATA, 1500),
            "delaying all from the 2nd data segment of client -> server on by 1.5 s",
        ),
        (
            CallFault("client", "recvfrom", "tcp", 1, errno="EINTR"),
            "EINTR from the 1st recvfrom of client (tcp)",
        ),
        (
            CallFault("client", "sendto", "udp", 3, count_bytes=1),
            "a count of 1 from the 3rd sendto of client (udp)",
        ),
    ],
)
def test_it_says_what_it_does(fault: Fault, text: str) -> None:
    assert fault.text == text


@pytest.mark.parametrize(
    "fault",
    [
        CallFault("client", "recvfrom", "tcp", 2, errno="ECONNRESET"),
        CallFault("client", "sendto", "tcp", 1, count_bytes=1),
    ],
)
def test_a_fault_of_a_call_is_a_step(fault: CallFault, tmp_path: Path) -> None:
    run = '\n  - {on: client, run: "true"}\n'
    assert read(tmp_path / "x.yaml", text=HEAD + flow(fault.step) + run).steps
    assert fault.step["nth"] == fault.number


def test_names_tell_all_faults_apart() -> None:
    found: list[Fault] = [
        fault
        for kind in PacketKind
        for number in (1, 2)
        for fault in of_position(position(number, kind), ALL, 10)
    ]
    found += [PacketFault(FaultKind.DELAY, DATA, 20), PacketFault(FaultKind.CUT, DATA, packets=2)]
    found += [CallFault("client", "read", "tcp", 1, errno=name) for name in ("EINTR", "EPIPE")]
    assert len({one.key for one in found}) == len(found)
