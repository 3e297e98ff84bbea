"""Reset: a TCP connection ends with ECONNRESET for whom it was meant, at the very segment meant.

Proof that it acts: nobody here closes or aborts a connection, so an RST can only be the wire's; and
the receiver has exactly the bytes before the segment in whose place the RST came.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.integration.helpers import start_program
from tests.integration.wire.ends import Ends, Stream, pattern
from tests.waiting import wait_until

Ended = Callable[[str], str | None]


def assert_works(stream: Stream) -> None:
    """Fail unless bytes get there and back."""
    for one, other in ((stream.client, stream.server), (stream.server, stream.client)):
        one.sendall(b"still here")
        assert other.read(10) == b"still here"


def test_receiver_is_reset_and_the_sender_learns_it_from_the_receivers_kernel(ends: Ends) -> None:
    stream, other = ends.stream(), ends.stream()
    with ends.forth.reset(port=stream.port, data=True, first=1, to="receiver") as fault:
        stream.client.send(b"lost")
        with pytest.raises(ConnectionResetError):
            stream.server.recv(10)
        assert fault.acted == 1
        # Sent again, the segment finds no connection (RFC 9293, 3.5.2).
        with pytest.raises(ConnectionResetError):
            stream.client.recv(10)
    # Once told, the kernel gives what belongs to a connection that is gone.
    assert stream.server.recv(10) == b""
    with pytest.raises(BrokenPipeError):
        stream.client.send(b"more")
    assert_works(other)


def test_sender_is_not_reset_with_the_receiver(ends: Ends) -> None:
    # What it sends again is lost, so the receiver's kernel cannot tell it; then nobody does.
    stream = ends.stream()
    with ends.forth.reset(port=stream.port, data=True, first=1, to="receiver") as fault:
        with ends.forth.drop(port=stream.port, data=True, after=1):
            stream.client.send(b"lost")
            with pytest.raises(ConnectionResetError):
                stream.server.recv(10)
            wait_until(lambda: stream.client.retransmissions() >= 2, "two retransmissions")
            assert stream.client.drain() == []
            assert fault.acted == 1
        with pytest.raises(ConnectionResetError):
            stream.client.recv(10)


def test_sender_is_reset_and_the_receiver_knows_nothing_of_it(ends: Ends) -> None:
    stream = ends.stream()
    with ends.forth.reset(port=stream.port, data=True, first=1, to="sender") as fault:
        stream.client.send(b"lost")
        with pytest.raises(ConnectionResetError):
            stream.client.recv(10)
        assert fault.acted == 1
        assert stream.server.drain() == []
    with pytest.raises(BrokenPipeError):
        stream.client.send(b"more")
    # The receiver's own next segment finds no connection.
    stream.server.send(b"are you there?")
    with pytest.raises(ConnectionResetError):
        stream.server.recv(10)


def test_both_are_reset(ends: Ends) -> None:
    stream = ends.stream()
    with ends.forth.reset(port=stream.port, data=True, first=1) as fault:
        stream.client.send(b"lost")
        for one in (stream.client, stream.server):
            with pytest.raises(ConnectionResetError):
                one.recv(10)
        assert (fault.matched, fault.acted) == (1, 1)
    assert_works(ends.stream())


@pytest.mark.parametrize("after_bytes", [0, 1_500, 3_000])
def test_receiver_has_exactly_the_bytes_before_the_reset(ends: Ends, after_bytes: int) -> None:
    stream = ends.stream()
    data = pattern(4_000)
    with ends.forth.reset(port=stream.port, after_bytes=after_bytes, data=True) as fault:
        for at in range(0, after_bytes + 500, 500):
            stream.client.send(data[at : at + 500])
        assert stream.server.read(after_bytes) == data[:after_bytes]
        for one in (stream.client, stream.server):
            with pytest.raises(ConnectionResetError):
                one.recv(4_000)
        assert fault.acted == 1
    assert_works(ends.stream())


def test_receiver_has_exactly_the_bytes_before_it_of_what_was_sent_at_once(ends: Ends) -> None:
    stream = ends.stream()
    data = pattern(10_000)
    with ends.forth.reset(port=stream.port, after_bytes=4_096) as fault:
        stream.client.sendall(data)
        assert stream.server.read(4_096) == data[:4_096]
        for one in (stream.client, stream.server):
            with pytest.raises(ConnectionResetError):
                one.recv(4_000)
        assert fault.acted == 1
    assert_works(ends.stream())


def test_idle_connection_is_reset_by_its_next_acknowledgment(ends: Ends) -> None:
    # The server sends; the client's pure ACK is what crosses the link.
    stream = ends.stream()
    with ends.forth.reset(port=stream.port, tcp="ack", first=1, to="receiver") as fault:
        stream.server.send(b"hello")
        assert stream.client.read(5) == b"hello"
        with pytest.raises(ConnectionResetError):
            stream.server.recv(10)
        assert fault.acted == 1


def test_syn_is_answered_as_by_a_closed_port(ends: Ends) -> None:
    listener = ends.listener()
    address = (ends.address("server"), listener.port)
    with ends.forth.reset(port=listener.port, tcp="syn", to="sender") as fault:
        with pytest.raises(ConnectionRefusedError):
            ends.open_tcp().connect(address)
        assert fault.acted == 1
    ends.open_tcp().connect(address)


@pytest.mark.parametrize("to", ["receiver", "both"])
def test_syn_ack_that_becomes_a_reset_is_a_refusal(ends: Ends, to: str) -> None:
    listener = ends.listener()
    address = (ends.address("server"), listener.port)
    with ends.back.fault("reset", port=listener.port, tcp="syn-ack", to=to) as fault:
        with pytest.raises(ConnectionRefusedError):
            ends.open_tcp().connect(address)
        assert fault.acted == 1
    ends.open_tcp().connect(address)
    listener.accept()


@contextmanager
def full_connection(ends: Ends, sender: str, seconds: float) -> Iterator[tuple[int, Ended]]:
    """Give a connection from client to server that `sender` fills, and how it ended at each."""
    does = {name: "send" if name == sender else "read" for name in ("client", "server")}
    hosts = {name: ends.lab.host(name) for name in does}
    with start_program(hosts["server"], "bulk.py", seconds, does["server"]) as door:
        assert door.process.stdout
        port = int(door.process.stdout.readline())
        peer = ends.address("server"), port
        with start_program(hosts["client"], "bulk.py", seconds, does["client"], *peer) as client:
            programs = {"client": client, "server": door}

            def ended(host: str) -> str | None:
                stdout, _ = programs[host].process.communicate(timeout=60)
                error: str | None = json.loads(stdout.splitlines()[-1])["error"]
                return error

            yield port, ended


@pytest.mark.parametrize("to", ["sender", "receiver", "both"])
@pytest.mark.parametrize("sender", ["client", "server"])
def test_full_connection_is_reset_in_the_midst_of_its_data(
    ends: Ends, sender: str, to: str
) -> None:
    # Both ways: an upload's data, or a download's acknowledgments, whose sender has data under way.
    what = {"data": True} if sender == "client" else {"tcp": "ack"}
    full = full_connection(ends, sender, 20)
    asked = {"to": to, "nth": 300, **what}
    with full as (port, ended), ends.forth.fault("reset", destination_port=port, **asked) as fault:
        # Who is not told by the wire is told by the other's kernel, unless it only reads.
        told = {"sender": {"client"}, "receiver": {"server"}, "both": {"client", "server"}}[to]
        for host in told | {sender}:
            assert ended(host) == "ECONNRESET", host
        assert fault.acted == 1
    assert_works(ends.stream())
