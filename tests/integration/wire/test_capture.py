"""Capture: every packet that comes to a wire is in the file, with what became of it, and why.

Proof: as many records as packets were sent; as many with a fault's name as the fault has counted;
and the programs saw what the file says that they were given.
"""

import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from lab.evidence.pcapng import Record, read
from lab.net.packet import Packet, parse
from lab.net.pcapng import ARRIVED, DELIVERED
from tests import tshark
from tests.integration import command
from tests.integration.wire.ends import (
    Ends,
    arriving,
    assert_all_arrive,
    numbered,
    numbers,
)
from tests.waiting import wait_until

MANY = 10_000
BATCH = 200  # fits the receiver's buffer, so that nothing is lost there
TEN_MINUTES_MS = 600_000
FORTH = "client -> server: "


class Seen:
    """The records of a capture that have to do with a port, in two lists, by their interface."""

    def __init__(self, path: Path, port: int) -> None:
        records = [one for one in read(path) if isinstance(one, Record)]
        assert records == sorted(records, key=lambda one: one.time_ns)
        mine = [one for one in records if port in _ports(parse(one.data))]
        self.arrived = [one for one in mine if one.interface == ARRIVED]
        self.delivered = [one for one in mine if one.interface == DELIVERED]

    def forth(self, interface: int = ARRIVED) -> list[str]:
        """Return the fates of what went from the client to the server."""
        records = self.delivered if interface == DELIVERED else self.arrived
        comments = [one.comment for one in records if one.comment.startswith(FORTH)]
        return [comment.removeprefix(FORTH) for comment in comments]


def _ports(packet: Packet) -> set[int | None]:
    return {packet.source_port, packet.destination_port}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "wire.pcapng"


def test_without_faults_it_is_complete_and_changes_nothing(ends: Ends, path: Path) -> None:
    datagrams = ends.datagrams()
    # A kernel that resolves a neighbour lets later packets overtake those that wait for that.
    assert_all_arrive(datagrams)
    with ends.lab.capture(path, hosts=["server"]) as capture:
        for first in range(1, MANY, BATCH):
            datagrams.client.send_each(numbered(BATCH, first=first))
            got = numbers(datagrams.server.receive(BATCH))
            assert got == list(range(first, first + BATCH))
    assert_all_arrive(datagrams)
    seen = Seen(path, datagrams.port)
    for records in (seen.arrived, seen.delivered):
        assert [int(parsed(one).split()[0]) for one in records] == list(range(1, MANY + 1))
        assert {one.comment for one in records} == {FORTH + "delivered"}
    assert [one.packet_id for one in seen.arrived] == [one.packet_id for one in seen.delivered]
    captured = capture.captured
    assert captured.arrived_packets == captured.delivered_packets >= MANY
    assert (captured.dropped_packets, captured.lost_packets, captured.cut_short) == (0, 0, ())


def parsed(record: Record) -> bytes:
    """Return a datagram's data."""
    packet = parse(record.data)
    return record.data[packet.payload_at : packet.length]


def test_a_syn_that_is_dropped_and_the_one_sent_again(ends: Ends, path: Path) -> None:
    listener = ends.listener()
    late = ends.open_tcp("client")
    with (
        ends.lab.capture(path),
        ends.forth.drop(port=listener.port, tcp="syn", first=1) as fault,
    ):
        late.connect((ends.address("server"), listener.port))
        listener.accept()
        assert (fault.matched, fault.acted) == (2, 1)
        drop = f"dropped by fault {fault.status.id} ({fault.status.text})"
    seen = Seen(path, listener.port)
    syns = [one for one in seen.arrived if parse(one.data).flags == 0x02]
    assert [one.comment for one in syns] == [FORTH + drop, FORTH + "delivered"]
    assert seen.forth().count(drop) == 1
    assert drop not in seen.forth(DELIVERED)
    # Both directions are in the one file.
    assert any(one.comment == "server -> client: delivered" for one in seen.delivered)
    assert len(seen.delivered) == len(seen.arrived) - 1


def test_a_datagram_that_is_delayed(ends: Ends, path: Path) -> None:
    datagrams = ends.datagrams()
    with (
        ends.lab.capture(path),
        ends.forth.delay(port=datagrams.port, delay_ms=50, nth=2) as fault,
    ):
        datagrams.client.send_each(numbered(3))
        assert numbers(datagrams.server.receive(3)) == [1, 3, 2]
        name = f"fault {fault.status.id} ({fault.status.text})"
    seen = Seen(path, datagrams.port)
    order = [[int(parsed(one).split()[0]) for one in x] for x in (seen.arrived, seen.delivered)]
    assert order == [[1, 2, 3], [1, 3, 2]]
    late = seen.delivered[-1]
    assert late.time_ns - seen.arrived[1].time_ns >= 50_000_000
    assert late.comment == seen.arrived[1].comment
    head, _, notes = late.comment.removeprefix(FORTH).partition(": ")
    assert notes == f"delayed 50.000 ms by {name}"
    assert float(head.removeprefix("delivered ").removesuffix(" ms late")) >= 50


def test_every_copy_is_there(ends: Ends, path: Path) -> None:
    datagrams = ends.datagrams()
    with (
        ends.lab.capture(path),
        ends.forth.duplicate(port=datagrams.port, every=3, copies=2) as fault,
    ):
        datagrams.client.send_each(numbered(9))
        got = numbers(datagrams.server.receive(9 + 2 * 3))
        counted = fault.acted
    assert counted == 3
    seen = Seen(path, datagrams.port)
    assert (len(seen.arrived), len(seen.delivered)) == (9, 15)
    fates = Counter(fate.partition(":")[0] for fate in seen.forth())
    assert fates == {"delivered": 6, "delivered 3 times": counted}
    assert sorted(int(parsed(one).split()[0]) for one in seen.delivered) == sorted(got)


def test_what_is_held_when_it_ends_is_there(ends: Ends, path: Path) -> None:
    datagrams = ends.datagrams()
    with ends.forth.delay(port=datagrams.port, delay_ms=TEN_MINUTES_MS) as fault:
        with ends.lab.capture(path):
            assert arriving(fault, datagrams, numbered(4)) == []
        seen = Seen(path, datagrams.port)
        assert len(seen.arrived) == 4
        assert all(fate.startswith("still held: delayed ") for fate in seen.forth())
        assert seen.delivered == []
    assert numbers(datagrams.server.receive(4)) == [1, 2, 3, 4]


def test_a_failure_inside_leaves_a_whole_file(ends: Ends, path: Path) -> None:
    datagrams = ends.datagrams()

    def fail() -> None:
        with ends.lab.capture(path):
            assert_all_arrive(datagrams)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert len(Seen(path, datagrams.port).delivered) == 5
    assert_all_arrive(datagrams)


def test_wireshark_finds_nothing_wrong(ends: Ends, path: Path) -> None:
    datagrams = ends.datagrams()
    with (
        ends.lab.capture(path),
        ends.forth.duplicate(port=datagrams.port, nth=2),
    ):
        datagrams.client.send_each(numbered(3))
        datagrams.server.receive(4)
    assert tshark.complaints(path) == ""
    shown = tshark.fields(path, "frame.interface_name", "frame.comment", "udp.dstport")
    mine = [one for one in shown if one["udp.dstport"] == str(datagrams.port)]
    found = Counter(one["frame.interface_name"] for one in mine)
    assert found == {"arrived at the wire": 3, "delivered": 4}
    assert all(one["frame.comment"].startswith(FORTH + "delivered") for one in mine)


def test_the_command_captures_until_ctrl_c(ends: Ends, path: Path) -> None:
    datagrams = ends.datagrams()
    process = command.start("capture", "--lab", ends.lab.name, "server", "-w", str(path))
    try:
        assert process.stderr
        assert process.stderr.readline() == "capturing at server; Ctrl-C ends it\n"
        assert_all_arrive(datagrams)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert said.strip().startswith(f"{path}: ")
    assert "0 records dropped" in said
    assert len(Seen(path, datagrams.port).arrived) == 5


def test_what_a_command_that_is_killed_has_written_can_be_read(ends: Ends, path: Path) -> None:
    datagrams = ends.datagrams()
    process = command.start("capture", "--lab", ends.lab.name, "server", "-w", str(path))
    try:
        assert process.stderr
        process.stderr.readline()
        assert_all_arrive(datagrams)
        wait_until(lambda: b"5 xxxx" in path.read_bytes(), "the last datagram in the file")
    finally:
        process.kill()
        process.communicate()
    assert tshark.complaints(path) == ""
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert_all_arrive(datagrams)


def test_a_pipe_gets_it_as_it_happens(ends: Ends, path: Path) -> None:
    datagrams = ends.datagrams()
    with path.open("wb") as file:
        argv = [*command.ARGV, "capture", "--lab", ends.lab.name, "server", "-w", "-", "--for", "2"]
        process = subprocess.Popen(argv, stdout=file, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stderr
            process.stderr.readline()
            assert_all_arrive(datagrams)
            wait_until(lambda: b"5 xxxx" in path.read_bytes(), "the last datagram")
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
            process.wait()
    assert process.returncode == 0, said
    assert len(Seen(path, datagrams.port).delivered) == 5


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["-w", "missing/wire.pcapng"], "missing/wire.pcapng: No such file or directory; choose"),
        (["-w", "x", "nobody"], "host 'nobody': not in lab"),
        (["-w", "x", "--snap-bytes", "0"], "snap_bytes 0: must be 1 to 65535"),
    ],
)
def test_bad_input_is_one_line(ends: Ends, tmp_path: Path, arguments: list[str], why: str) -> None:
    done = command.run("capture", "--lab", ends.lab.name, *arguments, cwd=tmp_path)
    assert command.refused(done).startswith(f"lab capture: {why}")
    assert list(tmp_path.iterdir()) == []
