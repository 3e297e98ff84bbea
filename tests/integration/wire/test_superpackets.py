"""TCP's data at full speed: whole where that is the same, in segments where one is meant.

Proof: no byte overtakes another on its way over the wire, in either direction, while faults that
need segments come and go; and the capture has every segment, whichever way it went.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from lab.agent.wire.nfqueue import NUMBER, SEGMENTS_NUMBER
from lab.api.engine import Engine
from lab.api.host import Host
from lab.api.lab import Lab
from lab.evidence.pcapng import Record, read
from lab.net import pcapng, sequence
from lab.net.fate import DELIVERED
from lab.net.packet import TCP, parse
from tests import tshark
from tests.integration import command
from tests.integration.helpers import new_lab, start_program
from tests.integration.wire.agents import stopped_agents
from tests.waiting import wait_until

LINES = 2  # of bulk.py, 4 MiB each
MTU = 1500
BOUND_BPS = 3e8
MANY_PACKETS = 150  # more than 8 MB, which a socket's buffer has at most
CONNECTIONS = 12  # with twice as many packets under way
MOST_SEGMENTS = 64  # of a superpacket


@pytest.fixture
def pair(engine: Engine) -> Iterator[Lab]:
    """Two hosts that do nothing, for one test."""
    with new_lab(engine, Path(command.PAIR)) as lab:
        yield lab


@contextmanager
def loaded(
    lab: Lab, source: str, target: str, *, connections: int = 1
) -> Iterator[Iterator[bytes]]:
    """Keep connections full while the block runs; yield a line for each 4 MiB that came on one."""
    options = ["--connections", connections]
    receiver, sender = lab.host(target), lab.host(source)
    (address, *_) = receiver.status().addresses
    with start_program(receiver, "bulk.py", 60, "read", *options) as reader:
        lines = reader.process.stdout
        assert lines
        port = int(lines.readline())
        with start_program(sender, "bulk.py", 60, "send", address, port, *options):
            yield iter(lines.readline, b"")


def data_in(path: Path) -> list[Record]:
    """Return the segments with data of a capture."""
    return [one for one in read(path) if isinstance(one, Record) and _payload_bytes(one)]


def data_of(records: list[Record], source: str) -> tuple[list[Record], list[Record]]:
    """Return those from a host: as they arrived, and as they were delivered."""
    data = [one for one in records if one.source == source]
    arrived = [one for one in data if one.interface == pcapng.ARRIVED]
    return arrived, [one for one in data if one.interface == pcapng.DELIVERED]


def _payload_bytes(record: Record) -> int:
    packet = parse(record.data, record.length)
    return packet.payload_length if packet.protocol == TCP else 0


def early(records: list[Record]) -> int:
    """Return how many segments came before others that were sent earlier."""
    count, end = 0, None
    for packet in (parse(one.data, one.length) for one in records):
        begin = packet.sequence
        if end is not None and sequence.distance(begin, end) > 0:
            count += 1
        behind = end is None or sequence.distance(begin, end) >= 0
        end = sequence.after(begin, packet.payload_length) if behind else end
    return count


def out_of_order(host: Host) -> int:
    """Return how many segments a host's TCP got before others that were sent earlier."""
    output = host.run(["cat", "/proc/net/netstat"], timeout_s=20).stdout.decode()
    names, values = (line.split() for line in output.splitlines() if line.startswith("TcpExt:"))
    return int(dict(zip(names, values, strict=True))["TCPOFOQueue"])


def test_order_is_kept_while_faults_that_need_segments_come_and_go(
    pair: Lab, tmp_path: Path
) -> None:
    path = tmp_path / "wire.pcapng"
    links = [pair.link("left", "right"), pair.link("right", "left")]
    with ExitStack() as load:
        capture = load.enter_context(pair.capture(path))
        for link in links:  # a bound to what there is to read, which means all segments alike
            load.enter_context(link.rate(rate_bps=BOUND_BPS, limit_packets=10**6))
        forth = load.enter_context(loaded(pair, "left", "right"))
        back = load.enter_context(loaded(pair, "right", "left"))
        for number in range(LINES):
            assert next(forth)
            assert next(back)
            with ExitStack() as faults:
                for link in links:
                    # Each needs segments in another way, and loses none and overtakes none.
                    faults.enter_context(link.delay(delay_ms=0.2, jitter_ms=0.1))
                    if number % 2:
                        faults.enter_context(link.corrupt(nth=10**9))
                        faults.enter_context(link.rate(rate_bps=2e9, limit_packets=10**6))
                assert next(forth)
                assert next(back)
    assert pair.overload_packets() == 0
    assert capture.captured.dropped_packets == 0
    data = data_in(path)
    for host in pair.hosts.values():
        (sender,) = {*pair.hosts} - {host.name}
        arrived, delivered = data_of(data, sender)
        # The kernel's own: a sender that moves to another core may overtake itself.
        assert out_of_order(host) <= early(arrived)
        assert max(one.length for one in arrived) == MTU
        assert [one.packet_id for one in delivered] == [one.packet_id for one in arrived]


def test_every_segment_is_lost_or_delivered_by_its_number_alone(pair: Lab, tmp_path: Path) -> None:
    path = tmp_path / "wire.pcapng"
    with (
        pair.capture(path),
        pair.link("left", "right").drop(every=500, data=True, protocol="tcp") as fault,
        loaded(pair, "left", "right") as forth,
    ):
        for _ in range(LINES):
            assert next(forth)
    arrived, _ = data_of(data_in(path), "left")
    lost = [number for number, one in enumerate(arrived, 1) if one.fate.kind != DELIVERED]
    assert lost == list(range(500, len(arrived) + 1, 500))
    status = fault.lift()
    assert (status.matched_packets, status.acted_packets) == (len(arrived), len(lost))


def queue(host: Host, number: int) -> tuple[int, int]:
    """Return how many packets wait in a queue of the host's wire, and how many have come to it."""
    file = ["cat", "/proc/net/netfilter/nfnetlink_queue"]
    rows = [line.split() for line in host.run(file, timeout_s=20).stdout.decode().splitlines()]
    (row,) = [row for row in rows if int(row[0]) == number]
    return int(row[2]), int(row[7])


def test_superpackets_stay_whole_when_the_agent_comes_late(pair: Lab) -> None:
    right = pair.host("right")
    with (
        pair.link("left", "right").delay(delay_ms=1),
        loaded(pair, "left", "right", connections=CONNECTIONS) as flows,
    ):
        for _ in range(CONNECTIONS):
            assert next(flows)
        # The first superpacket of each is cut, to learn that there are any.
        _, cut = queue(right, SEGMENTS_NUMBER)
        assert cut <= CONNECTIONS * MOST_SEGMENTS
        with stopped_agents(pair.name):
            wait_until(lambda: queue(right, NUMBER)[0] > MANY_PACKETS, "many packets in the queue")
            waiting, come = queue(right, NUMBER)
        # So many more come only when those that waited have gone on.
        wait_until(lambda: queue(right, NUMBER)[1] > come + 2 * waiting, "packets to go on")
        assert queue(right, SEGMENTS_NUMBER)[1] == cut


def test_data_goes_by_a_fault_that_is_spent(pair: Lab) -> None:
    right = pair.host("right")
    with (
        pair.link("left", "right").drop(data=True, nth=3) as fault,
        loaded(pair, "left", "right") as forth,
    ):

        def none_comes() -> bool:
            _, come = queue(right, NUMBER)
            assert next(forth)
            return queue(right, NUMBER)[1] == come

        wait_until(none_comes, "no packet to come to the wire")
        assert (fault.acted, fault.status.exhausted) == (1, True)


def test_superpackets_are_in_the_file_as_the_host_got_them(pair: Lab, tmp_path: Path) -> None:
    path = tmp_path / "wire.pcapng"
    with pair.capture(path), loaded(pair, "left", "right") as forth:
        for _ in range(LINES):
            assert next(forth)
    rows = tshark.fields(path, "frame.interface_id", "tcp.len")
    sizes = [int(one["tcp.len"] or 0) for one in rows if one["frame.interface_id"] == "0"]
    arrived, _ = data_of(data_in(path), "left")
    assert sum(sizes) == sum(map(_payload_bytes, arrived))
    assert sum(size > 0 for size in sizes) < len(arrived) / 4
