"""What is lost on the way between hosts, by no fault of the lab's, is seen and counted.

Proof: a rule on the bridge between the hosts drops packets and counts them; the capture tells of as
many. Where nothing is lost it tells of nothing, whatever faults do and however large packets are.
"""

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lab.api.capture import Capture
from lab.api.engine import Engine
from lab.api.lab import Lab
from lab.evidence.events import LinkLoss
from lab.net.packet import ACK, FIN, RST, SYN, TCP, UDP
from tests.integration.helpers import start_program
from tests.integration.lossy_bridge import LossyBridge
from tests.integration.wire.conftest import trio_of
from tests.integration.wire.ends import Ends, assert_all_arrive, numbered, pattern
from tests.integration.wire.sockets import Sockets

LINES = 12  # of bulk.py, 4 MiB each
FRAGMENTED = 4_000  # bytes: three fragments over an MTU of 1500
LINGER_0 = (1).to_bytes(4, sys.byteorder) + bytes(4)  # closing sends a reset (socket(7))


@pytest.fixture(scope="module")
def embedded(namespaces: Engine) -> Iterator[tuple[Lab, dict[str, Sockets]]]:
    with trio_of(namespaces) as found:
        yield found


@pytest.fixture
def bridged(embedded: tuple[Lab, dict[str, Sockets]], version: int) -> Iterator[Ends]:
    """Hosts whose bridge a test can reach."""
    lab, sockets = embedded
    ends = Ends(lab, sockets, version)
    assert_all_arrive(ends.datagrams())  # each knows the other's address
    yield ends
    for one in sockets.values():
        one.close_all()


def lost(capture: Capture) -> tuple[LinkLoss, ...]:
    assert capture.captured.uncounted == ()
    return capture.captured.lost_outside


def loss(kinds: dict[str, int], source: str = "client", target: str = "server") -> LinkLoss:
    return LinkLoss(source=source, target=target, packets=sum(kinds.values()), kinds=kinds)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "wire.pcapng"


def dropping(ends: Ends, host: str, protocol: int, flags: int = 0) -> LossyBridge:
    return LossyBridge(ends.lab, ends.address(host), protocol, flags)


@pytest.mark.parametrize("size", [0, 40, FRAGMENTED])
def test_datagrams(bridged: Ends, path: Path, size: int) -> None:
    datagrams = bridged.datagrams()
    with bridged.lab.capture(path) as capture:
        with dropping(bridged, "client", UDP) as bridge:
            datagrams.client.send_each([bytes(size)] * 3)
            bridge.wait_for(3)
        assert_all_arrive(datagrams)
    assert lost(capture) == (loss({"UDP": 3}),)


@pytest.mark.parametrize(
    ("host", "flag", "kind"), [("client", 0, "TCP SYN"), ("server", ACK, "TCP SYN-ACK")]
)
def test_what_opens_a_connection(
    bridged: Ends, path: Path, host: str, flag: int, kind: str
) -> None:
    listener, late = bridged.listener(), bridged.open_tcp("client")
    with bridged.lab.capture(path) as capture:
        with dropping(bridged, host, TCP, SYN | flag) as bridge:
            call = late.begin("connect", (bridged.address("server"), listener.port))
            bridge.wait_for(1)
        call.result()
    other = {"client": "server", "server": "client"}[host]
    assert lost(capture) == (loss({kind: bridge.dropped}, host, other),)


@pytest.mark.parametrize(("flag", "kind"), [(FIN, "TCP FIN-ACK"), (RST, "TCP RST-ACK")])
def test_what_ends_a_connection(bridged: Ends, path: Path, flag: int, kind: str) -> None:
    stream = bridged.stream()
    with bridged.lab.capture(path) as capture, dropping(bridged, "client", TCP, flag) as bridge:
        if flag == RST:
            stream.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
        stream.client.close()
        bridge.wait_for(1)
    assert lost(capture) == (loss({kind: bridge.dropped}),)


def test_data(bridged: Ends, path: Path) -> None:
    stream = bridged.stream()
    data = pattern(100_000)
    with bridged.lab.capture(path) as capture:
        with dropping(bridged, "client", TCP) as bridge:
            sending = stream.client.begin("sendall", data)
            bridge.wait_for(3)
        assert stream.server.read(len(data)) == data
        sending.result()
    assert lost(capture) == (loss({"TCP data": bridge.dropped}),)


def test_acknowledgments(bridged: Ends, path: Path) -> None:
    stream = bridged.stream()
    with bridged.lab.capture(path) as capture:
        with dropping(bridged, "server", TCP) as bridge:
            stream.client.send(b"to be acknowledged")
            bridge.wait_for(2)
        assert stream.server.read(18) == b"to be acknowledged"
    assert lost(capture) == (loss({"TCP ACK": bridge.dropped}, "server", "client"),)


def test_each_capture_counts_for_itself(bridged: Ends, path: Path) -> None:
    datagrams = bridged.datagrams()
    first = bridged.lab.capture(path)
    with bridged.forth.observe(port=datagrams.port), first:  # the agents go on to be there
        for lost_here in (2, 0, 3):
            with bridged.lab.capture(path.with_name(f"{lost_here}")) as capture:
                with dropping(bridged, "client", UDP) as bridge:
                    datagrams.client.send_each([b"lost"] * lost_here)
                    bridge.wait_for(lost_here)
                assert_all_arrive(datagrams)
            assert lost(capture) == ((loss({"UDP": lost_here}),) if lost_here else ())
    assert lost(first) == (loss({"UDP": 5}),)


def test_nothing_is_lost_of_many_megabytes(ends: Ends, path: Path) -> None:
    server, client = (ends.lab.host(name) for name in ("server", "client"))
    with ends.lab.capture(path) as capture, start_program(server, "bulk.py", 60, "read") as reader:
        assert reader.process.stdout
        port = int(reader.process.stdout.readline())
        with start_program(client, "bulk.py", 60, "send", ends.address("server"), port):
            for _ in range(LINES):
                assert reader.process.stdout.readline()
    assert capture.captured.arrived_packets > LINES * 4_000_000 / 1500
    assert lost(capture) == ()


def test_nothing_is_lost_of_bursts_of_fragments(ends: Ends, path: Path) -> None:
    datagrams = ends.datagrams()
    with ends.lab.capture(path) as capture:
        for _ in range(20):
            datagrams.client.send_each([pattern(FRAGMENTED)] * 10)
            datagrams.server.receive(10)
    assert lost(capture) == ()


def test_what_a_full_socket_buffer_loses_has_come(ends: Ends, path: Path) -> None:
    datagrams = ends.datagrams()
    datagrams.server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with ends.lab.capture(path) as capture:
        datagrams.client.send_each([bytes(1000)] * 100)
    assert len(datagrams.server.drain()) < 100
    assert lost(capture) == ()


def test_what_faults_do_is_not_lost_outside(fresh: Ends, path: Path) -> None:
    ends = fresh  # whose kernels may remember a route's MTU
    datagrams, stream, other = ends.datagrams(), ends.stream(), ends.stream()
    listener, refused = ends.listener(), ends.open_tcp("client")
    with ends.lab.capture(path) as capture, ExitStack() as faults:
        for link in (ends.forth, ends.back):
            for fault in (
                link.drop(protocol="udp", every=5),
                link.duplicate(protocol="udp", every=3),
                link.corrupt(protocol="udp", every=7, bits=3, offset_bytes=9),
                link.delay(protocol="udp", every=11, delay_ms=1),
                link.reorder(protocol="udp", every=4, gap=1),
                link.mtu(port=stream.port, mtu_bytes=1300, icmp=True),
                link.reset(port=other.port, data=True),
                link.reject(port=listener.port),
            ):
                faults.enter_context(fault)
        for _ in range(20):
            datagrams.client.send_each(numbered(10))
            datagrams.server.send_each(numbered(10))
        stream.client.sendall(pattern(50_000))
        assert len(stream.server.read(50_000)) == 50_000
        other.client.send(b"gets a reset")
        with pytest.raises(ConnectionResetError):
            other.client.recv(1)
        with pytest.raises(OSError, match=r"refused|unreachable|111|113"):
            refused.connect((ends.address("server"), listener.port))
    assert lost(capture) == ()


def test_a_host_that_is_away_for_a_while_says_nothing(fresh: Ends, path: Path) -> None:
    datagrams = fresh.datagrams()
    with fresh.lab.capture(path) as capture:
        fresh.lab.host("server").disconnect()
        datagrams.client.send_each(numbered(3))
        fresh.lab.host("server").connect()
    captured = capture.captured
    assert captured.lost_outside == ()
    assert captured.uncounted == ("server: its interfaces are not those of the beginning",)
