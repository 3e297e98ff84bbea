"""Partition: nothing gets from some hosts to others, and a stream goes on when it heals.

Proof that it acts: while it lasts the receiver has not one byte more, and the sender's kernel sends
again and again. That it heals: every byte comes once, in order.
"""

from ipaddress import IPv6Address

import pytest

from lab.api.lab import Lab
from tests.integration.wire.ends import Ends, Stream, arriving, assert_all_arrive, numbered, pattern
from tests.integration.wire.sockets import Sockets
from tests.waiting import wait_until


def assert_stuck(stream: Stream) -> None:
    """Wait until the client has sent something again for the second time."""
    before = stream.client.retransmissions()
    wait_until(
        lambda: stream.client.retransmissions() >= before + 2, "the client to send again, twice"
    )


def test_stream_goes_on_when_it_heals(ends: Ends) -> None:
    stream = ends.stream()
    data = pattern(9_000)
    stream.client.sendall(data[:3_000])
    assert stream.server.read(3_000) == data[:3_000]
    with ends.lab.partition(["client"], ["server"]) as partition:
        stream.client.sendall(data[3_000:6_000])
        assert_stuck(stream)
        assert partition.acted >= 3
        assert stream.server.drain() == []
    stream.client.sendall(data[6_000:])
    assert stream.server.read(6_000) == data[3_000:]
    assert stream.server.drain() == []


def test_one_way_cut_of_what_goes_there(ends: Ends) -> None:
    stream = ends.stream()
    with ends.lab.partition(["client"], ["server"], one_way=True) as partition:
        stream.server.sendall(b"from the server")
        assert stream.client.read(15) == b"from the server"
        stream.client.sendall(b"from the client")
        assert_stuck(stream)
        assert stream.server.drain() == []
        assert partition.acted >= 3
    assert stream.server.read(15) == b"from the client"
    assert stream.server.drain() == stream.client.drain() == []


def test_one_way_cut_of_the_answers(ends: Ends) -> None:
    # The server has the bytes, and the client cannot know: it sends them again and again.
    stream = ends.stream()
    with ends.lab.partition(["server"], ["client"], one_way=True) as partition:
        stream.client.sendall(b"question")
        assert stream.server.read(8) == b"question"
        stream.server.sendall(b"answer")
        assert_stuck(stream)
        assert stream.client.drain() == []
        assert partition.acted >= 3
    assert stream.client.read(6) == b"answer"
    assert stream.server.drain() == stream.client.drain() == []


def test_connect_across_it_times_out(ends: Ends) -> None:
    listener = ends.listener()
    client = ends.open_tcp()
    client.settimeout(0.3)
    address = (ends.address("server"), listener.port)
    with ends.lab.partition(["client"], ["server"]) as partition:
        with pytest.raises(TimeoutError):
            client.connect(address)
        assert partition.acted >= 1
    ends.open_tcp().connect(address)


def test_hosts_of_a_group_still_reach_each_other(ends: Ends) -> None:
    within = ends.datagrams("other", "server")
    across = [ends.datagrams("client", "server"), ends.datagrams("client", "other")]
    with ends.lab.partition(["client"], ["server", "other"]) as partition:
        for number, cut in enumerate(across):
            fault = partition.faults[number]  # of the link from the client to the server, the other
            assert arriving(fault, cut, numbered(3)) == []
        for cut in across:
            cut.server.send(b"back")
        wait_until(lambda: partition.acted >= 8, "both answers to be lost")
        for cut in across:
            assert cut.client.drain() == []
        assert_all_arrive(within)
    for whole in (within, *across):
        assert_all_arrive(whole)


def link_local(ends: Ends, host: str, port: int, *, of: str) -> tuple[str, int, int, int]:
    """Return the address that the interface of `of` has given itself, as `host` must call it."""
    rows = {}
    for one in (host, of):
        shown = ends.lab.host(one).run(["cat", "/proc/net/if_inet6"], timeout_s=20).stdout.decode()
        (rows[one],) = (row for row in map(str.split, shown.splitlines()) if row[3] == "20")
    return str(IPv6Address(bytes.fromhex(rows[of][0]))), port, 0, int(rows[host][1], 16)


def test_addresses_of_the_link_itself_are_cut_as_well(trio: tuple[Lab, dict[str, Sockets]]) -> None:
    ends = Ends(*trio, 6)
    server, client = (ends.member(host, "::") for host in ("server", "client"))
    there = link_local(ends, "client", server.port, of="server")
    back = link_local(ends, "server", client.port, of="client")
    both = ((client, there), (server, back))
    for sender, address in both:
        sender.sendto(b"before", address)
    assert server.receive(1) == client.receive(1) == [b"before"]
    with ends.lab.partition(["client"], ["server"]) as partition:
        for sender, address in both:
            sender.sendto(b"lost", address)
        wait_until(lambda: partition.acted >= 2, "both to be lost")
        assert server.drain() == client.drain() == []
    for sender, address in both:
        sender.sendto(b"after", address)
    assert server.receive(1) == client.receive(1) == [b"after"]


def test_link_local_peers_are_answered_on_their_link(trio: tuple[Lab, dict[str, Sockets]]) -> None:
    ends = Ends(*trio, 6)
    server, client = (ends.member(host, "::") for host in ("server", "client"))
    client.connect(link_local(ends, "client", server.port, of="server"))
    with ends.forth.reject(destination_port=server.port, first=1) as fault:
        client.send(b"refused")
        with pytest.raises(ConnectionRefusedError):
            client.recv(10)
        assert fault.acted == 1
    with ends.forth.duplicate(destination_port=server.port):
        client.send(b"twice")
        assert server.receive(2) == [b"twice"] * 2
    assert ends.lab.refused_packets() == 0
