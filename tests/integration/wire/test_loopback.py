"""A host's link to itself: faults act on what it sends to its own addresses, and on nothing else.

Proof that they act: a program sees what it sees on a link to another host, over each address of the
loopback and over the host's own, which the kernel leads over the loopback, too. That they end
there: what goes to other hosts, and comes from them, is not counted, and no fault meets what the
wire itself has sent.
"""

import errno
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import pytest

from lab.api.lab import Lab
from lab.evidence.pcapng import Record, read
from lab.net.fate import DELIVERED
from lab.net.packet import RST, parse
from lab.net.pcapng import ARRIVED
from tests.integration.wire.ends import (
    Ends,
    Stream,
    arriving,
    assert_all_arrive,
    numbered,
    pattern,
)
from tests.integration.wire.sockets import Sockets

LOOPBACK = "client -> client"
SYN_SENT_AGAIN_S = 0.9  # after a second, RFC 6298, 2.1
OWN = "own"
MTU = 65_536
LARGE = 1 << 20


class Itself(Ends):
    """A host as both ends, by one of its addresses."""

    def __init__(self, lab: Lab, sockets: Mapping[str, Sockets], version: int, at: str) -> None:
        super().__init__(lab, sockets, version, "client", "client")
        self._at = at
        self.is_own = at == OWN

    def address(self, host: str) -> str:
        """Return that address; of another host its own."""
        return super().address(host) if self.is_own or host != "client" else self._at

    def mtu(self) -> int:
        """Return that of the loopback interface."""
        argv = ["cat", "/sys/class/net/lo/mtu"]
        return int(self.lab.host("client").run(argv, timeout_s=20).stdout)


@pytest.fixture(
    params=[(4, "127.0.0.1"), (4, "127.8.9.1"), (4, OWN), (6, "::1"), (6, OWN)],
    ids=lambda param: f"ipv{param[0]}-{param[1]}",
)
def itself(
    trio: tuple[Lab, dict[str, Sockets]], request: pytest.FixtureRequest
) -> Iterator[Itself]:
    """The client, by each of the addresses that it has."""
    lab, sockets = trio
    yield Itself(lab, sockets, *request.param)
    sockets["client"].close_all()
    sockets["server"].close_all()
    answer = lab.agent(lab.host("client")).ask("list")
    assert answer == {"faults": [], "overload_packets": 0, "refused_packets": 0}


def carry(stream: Stream, sent: bytes, wanted: bytes | None = None) -> None:
    """Send bytes to the server, and fail unless they (or those wanted) come, in order."""
    sending = stream.client.begin("sendall", sent)
    got = stream.server.read(len(sent))
    sending.result()
    assert got == (sent if wanted is None else wanted)


def records(path: Path, port: int) -> list[Record]:
    """Return the records of what arrived from or to a port."""
    found = [one for one in read(path) if isinstance(one, Record) and one.interface == ARRIVED]
    packets = [(one, parse(one.data)) for one in found]
    return [one for one, packet in packets if port in {packet.source_port, packet.destination_port}]


def test_first_syn_is_lost(itself: Itself) -> None:
    listener, client = itself.listener("client"), itself.open_tcp()
    with itself.forth.drop(tcp="syn", port=listener.port, first=1) as fault:
        client.connect((itself.address("client"), listener.port))
        assert client.last.took_s >= SYN_SENT_AGAIN_S
        assert (fault.matched, fault.acted) == (2, 1)
    itself.stream("client", "client")


def test_nothing_comes_of_what_the_kernel_drops_and_counts(itself: Itself) -> None:
    datagrams = itself.datagrams("client", "client")
    with itself.forth.drop() as fault:
        assert arriving(fault, datagrams, numbered(5)) == []
        assert fault.acted == 5
    assert_all_arrive(datagrams)


def test_round_trip_passes_the_delay_twice(itself: Itself) -> None:
    datagrams = itself.datagrams("client", "client")
    with itself.forth.delay(protocol="udp", delay_ms=150):
        datagrams.client.send(b"there")
        sent_s = datagrams.client.last.began_s
        assert datagrams.server.recv(10) == b"there"
        datagrams.server.send(b"and back")
        assert datagrams.client.recv(10) == b"and back"
        assert datagrams.client.last.ended_s - sent_s >= 0.300
    assert_all_arrive(datagrams)


@pytest.mark.parametrize("reason", ["port-unreachable", "tcp-reset"])
def test_answer_of_a_reject_comes_back(
    itself: Itself, reason: Literal["port-unreachable", "tcp-reset"]
) -> None:
    listener = itself.listener("client")
    address = (itself.address("client"), listener.port)
    # Of every packet: the answer would meet the fault, too, if it were not the wire's own.
    with itself.forth.reject(protocol="tcp", reason=reason) as fault:
        client = itself.open_tcp()
        client.setblocking(True)
        assert client.connect_ex(address) == errno.ECONNREFUSED
        assert fault.acted == 1
    itself.open_tcp().connect(address)


def test_error_of_a_datagram_comes_back(itself: Itself) -> None:
    datagrams = itself.datagrams("client", "client")
    with itself.forth.reject() as fault:
        datagrams.client.send(b"x")
        with pytest.raises(ConnectionRefusedError):
            datagrams.client.recv(10)
        assert fault.acted == 1
    assert_all_arrive(datagrams)


@pytest.mark.parametrize("to", ["receiver", "sender", "both"])
def test_reset_comes_to_whom_it_is_meant_for(
    itself: Itself, to: Literal["receiver", "sender", "both"]
) -> None:
    stream = itself.stream("client", "client")
    with itself.forth.reset(destination_port=stream.port, data=True, first=1, to=to) as fault:
        stream.client.send(b"lost")
        if to != "sender":
            with pytest.raises(ConnectionResetError):
                stream.server.recv(10)
        if to != "receiver":
            with pytest.raises(ConnectionResetError):
                stream.client.recv(10)
        assert fault.acted == 1
    itself.stream("client", "client")


def test_changed_packet_is_taken_although_nobody_had_filled_its_checksum_in(
    itself: Itself,
) -> None:
    stream, datagrams = itself.stream("client", "client"), itself.datagrams("client", "client")
    with itself.forth.replace(find="200", replacement="503") as fault:
        stream.client.send(b"status 200")
        assert stream.server.read(10) == b"status 503"
        datagrams.client.send(b"status 200")
        assert datagrams.server.recv(10) == b"status 503"
        assert fault.acted == 2
    assert_all_arrive(datagrams)


def test_corrupted_datagram_is_thrown_away_by_the_kernel(itself: Itself) -> None:
    datagrams = itself.datagrams("client", "client")
    before = itself.counters("client")
    with itself.forth.corrupt(port=datagrams.port, nth=2) as fault:
        assert arriving(fault, datagrams, numbered(3)) == [1, 3]
    counter = "UdpInCsumErrors" if itself.version == 4 else "Udp6InCsumErrors"
    assert itself.counters("client")[counter] - before[counter] == 1


def test_corrupted_datagram_whose_checksum_is_mended_comes(itself: Itself) -> None:
    datagrams = itself.datagrams("client", "client")
    with itself.forth.corrupt(port=datagrams.port, offset_bytes=0, checksum="mended"):
        datagrams.client.send(b"\x00rest")
        assert datagrams.server.recv(10) == b"\x80rest"


def test_duplicates_meet_no_fault_again(itself: Itself) -> None:
    datagrams = itself.datagrams("client", "client")
    with itself.forth.duplicate(port=datagrams.port) as fault:
        datagrams.client.send_each([b"one", b"two"])
        assert datagrams.server.receive(4) == [b"one", b"one", b"two", b"two"]
        assert (fault.matched, fault.acted) == (2, 2)
    assert_all_arrive(datagrams)


def test_slices_and_other_orders_give_all_bytes_once(itself: Itself) -> None:
    stream = itself.stream("client", "client")
    with (
        itself.forth.slice(size_bytes=1000, port=stream.port) as sliced,
        itself.forth.reorder(data=True, every=3) as reordered,
    ):
        carry(stream, pattern(50_000))
        assert sliced.acted >= 1 <= reordered.acted
    carry(stream, pattern(50_000))


def test_packets_are_no_longer_than_can_be_changed_while_some_are(itself: Itself) -> None:
    stream, datagrams = itself.stream("client", "client"), itself.datagrams("client", "client")
    sent = pattern(LARGE)
    carry(stream, sent)  # its window has grown: now its segments may be as long as can be
    marked = sent[:-300_000] + b"MARK" + sent[-300_000:]
    longest = b"x" * (65_507 if itself.version == 4 else MTU - 48)
    with itself.forth.replace(find="MARK", replacement="gone") as fault:
        assert itself.mtu() < MTU
        carry(stream, marked, marked.replace(b"MARK", b"gone"))
        datagrams.client.send(longest)
        assert datagrams.server.recv(MTU) == longest
        assert fault.acted == 1
    assert itself.mtu() == MTU


def test_sender_learns_the_mtu_of_a_fault(fresh: Ends, version: int) -> None:
    itself = Itself(fresh.lab, fresh.sockets, version, "127.0.0.1" if version == 4 else "::1")
    stream = itself.stream("client", "client")
    with itself.forth.mtu(mtu_bytes=1400, icmp=True) as fault:
        carry(stream, pattern(100_000))
        assert fault.acted >= 1


def test_all_segments_of_a_superpacket_are_counted(itself: Itself) -> None:
    listener, client = itself.listener("client"), itself.open_tcp()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1000)
    client.connect((itself.address("client"), listener.port))
    stream = Stream(client, listener.accept(), listener.port)
    count = LARGE // 1000
    with itself.forth.drop(destination_port=stream.port, data=True, every=count) as fault:
        carry(stream, pattern(LARGE))
        assert fault.acted == 1
        assert fault.matched > count


def test_faults_of_others_and_of_itself_do_not_mix(itself: Itself) -> None:
    inside = itself.datagrams("client", "client")
    outside = itself.datagrams("server", "client") if itself.is_own else None
    with itself.lab.link("server", "client").drop() as theirs, itself.forth.drop() as own:
        assert arriving(own, inside, numbered(3)) == []
        assert (theirs.matched, own.acted) == (0, 3)
        if outside:
            assert arriving(theirs, outside, numbered(4)) == []
            assert (theirs.acted, own.acted) == (4, 3)
    assert_all_arrive(inside)


def test_capture_has_what_a_host_sends_to_itself_while_a_fault_is_about_it(
    itself: Itself, tmp_path: Path
) -> None:
    path = tmp_path / "wire.pcapng"
    datagrams = itself.datagrams("client", "client")
    with itself.lab.capture(path):
        assert_all_arrive(datagrams)
        with itself.forth.drop(protocol="udp", nth=2) as fault:
            assert arriving(fault, datagrams, numbered(3)) == [1, 3]
            dropped = f"dropped by fault {fault.status.id} ({fault.status.text})"
        assert_all_arrive(datagrams)
    assert [one.comment for one in records(path, datagrams.port)] == [
        f"{LOOPBACK}: {fate}" for fate in (DELIVERED, dropped, DELIVERED)
    ]


def test_capture_has_what_is_asked_for_without_a_fault(itself: Itself, tmp_path: Path) -> None:
    path = tmp_path / "wire.pcapng"
    datagrams = itself.datagrams("client", "client")
    with itself.lab.capture(path, loopback=["client"]):
        assert_all_arrive(datagrams, 3)
    comments = [one.comment for one in records(path, datagrams.port)]
    assert comments == [f"{LOOPBACK}: {DELIVERED}"] * 3


def test_capture_has_the_answers_of_the_wire_once(itself: Itself, tmp_path: Path) -> None:
    path = tmp_path / "wire.pcapng"
    listener, client = itself.listener("client"), itself.open_tcp()
    client.setblocking(True)
    with itself.lab.capture(path), itself.forth.reject(reason="tcp-reset"):
        address = (itself.address("client"), listener.port)
        assert client.connect_ex(address) == errno.ECONNREFUSED
    syn, answer = records(path, listener.port)
    assert syn.comment.startswith(f"{LOOPBACK}: not delivered: rejected: tcp-reset by fault ")
    assert (parse(answer.data).flags & RST, answer.comment) == (RST, f"{LOOPBACK}: {DELIVERED}")


def test_copies_are_taken_by_a_host_that_is_strict_about_what_others_send(fresh: Ends) -> None:
    fresh.lab.agent(fresh.lab.host("client")).ask(
        "sysctl", values={"net.ipv4.conf.all.rp_filter": "1"}
    )
    at = "127.0.0.1" if fresh.version == 4 else "::1"
    datagrams = Itself(fresh.lab, fresh.sockets, fresh.version, at).datagrams("client", "client")
    with fresh.lab.link("client", "client").duplicate(port=datagrams.port):
        datagrams.client.send(b"x")
        assert datagrams.server.receive(2) == [b"x", b"x"]
