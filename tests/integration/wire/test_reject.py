"""Reject: the packet is refused by ICMP or RST, and the sender's kernel turns that into an errno.

Proof that it acts: the server listens, so that without the fault each of these calls succeeds; and
the sender's kernel counts the ICMP message. The errors are what Linux makes of each message
(net/ipv4/icmp.c icmp_err_convert, net/ipv6/icmp.c icmpv6_err_convert). ICMPv6 knows fewer reasons,
and what is prohibited is EACCES there.
"""

import errno
import socket
from dataclasses import dataclass

import pytest

from tests.integration.wire.ends import Ends, assert_all_arrive
from tests.waiting import wait_until

IP_RECVERR, IPV6_RECVERR = 11, 25


@dataclass(frozen=True)
class Told:
    """The errno of a reason, and whether a connected UDP socket is told without asking."""

    number: int
    udp: bool = True


NET, HOST = Told(errno.ENETUNREACH, udp=False), Told(errno.EHOSTUNREACH, udp=False)
PROHIBITED = Told(errno.EHOSTUNREACH)
REFUSED = Told(errno.ECONNREFUSED)
IPV4 = {
    "net-unreachable": NET,
    "host-unreachable": HOST,
    "protocol-unreachable": Told(errno.ENOPROTOOPT),
    "port-unreachable": REFUSED,
    "net-prohibited": Told(errno.ENETUNREACH),
    "host-prohibited": PROHIBITED,
    "admin-prohibited": PROHIBITED,
    "time-exceeded": HOST,
}
IPV6 = {
    "net-unreachable": NET,
    "host-unreachable": HOST,
    "protocol-unreachable": Told(errno.EPROTO),
    "port-unreachable": REFUSED,
    "net-prohibited": Told(errno.EACCES),
    "host-prohibited": Told(errno.EACCES),
    "admin-prohibited": Told(errno.EACCES),
    "time-exceeded": HOST,
}
RECEIVED = {4: "IcmpInMsgs", 6: "Icmp6InMsgs"}


def told(ends: Ends, reason: str) -> Told:
    return {4: IPV4, 6: IPV6}[ends.version][reason]


@pytest.mark.parametrize("reason", IPV4)
def test_connect_fails_for_the_reason(ends: Ends, reason: str) -> None:
    listener = ends.listener()
    address = (ends.address("server"), listener.port)
    # Of each SYN: the kernel only notes an error that comes while connect still holds the socket.
    with ends.forth.fault("reject", port=listener.port, tcp="syn", reason=reason) as fault:
        client = ends.open_tcp()
        # Blocking: Linux (seen on 6.18) wakes poll(2) with the ICMP message before it sets the
        # error, and who looks at SO_ERROR at once, as Python does for a timeout, may find none.
        client.setblocking(True)
        assert client.connect_ex(address) == told(ends, reason).number
        assert fault.acted >= 1
    ends.open_tcp().connect(address)


@pytest.mark.parametrize("reason", IPV4)
def test_connected_udp_socket_that_asks_for_errors_is_told_the_reason(
    ends: Ends, reason: str
) -> None:
    datagrams = ends.datagrams()
    if ends.version == 4:
        datagrams.client.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
    else:
        datagrams.client.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)
    with ends.forth.fault("reject", port=datagrams.port, reason=reason) as fault:
        datagrams.client.send(b"x")
        with pytest.raises(OSError, match=errno.errorcode[told(ends, reason).number]):
            datagrams.client.recv(10)
        assert fault.acted == 1
    assert_all_arrive(datagrams)


@pytest.mark.parametrize("reason", IPV4)
def test_connected_udp_socket_is_told_what_is_for_good_and_nothing_else(
    ends: Ends, reason: str
) -> None:
    # RFC 1122, 3.2.2.1 and 4.1.3.3: some unreachables may pass, and Linux keeps those to itself.
    datagrams = ends.datagrams()
    name = RECEIVED[ends.version]
    before = ends.counters("client")[name]
    with ends.forth.fault("reject", port=datagrams.port, reason=reason) as fault:
        datagrams.client.send(b"x")
        wait_until(lambda: ends.counters("client")[name] > before, "the ICMP message")
        assert fault.acted == 1
    if told(ends, reason).udp:
        with pytest.raises(OSError, match=errno.errorcode[told(ends, reason).number]):
            datagrams.client.recv(10)
    assert datagrams.client.drain() == []
    assert_all_arrive(datagrams)


def test_unconnected_udp_socket_is_told_nothing(ends: Ends) -> None:
    receiver, sender = (ends.open(host, socket.SOCK_DGRAM) for host in ("server", "client"))
    name = RECEIVED[ends.version]
    before = ends.counters("client")[name]
    with ends.forth.reject(port=receiver.port) as fault:
        sender.sendto(b"x", (ends.address("server"), receiver.port))
        wait_until(lambda: ends.counters("client")[name] > before, "the ICMP message")
        assert fault.acted == 1
        assert sender.drain() == receiver.drain() == []


def test_reset_in_answer_to_a_syn_is_a_refusal(ends: Ends) -> None:
    listener = ends.listener()
    address = (ends.address("server"), listener.port)
    with ends.forth.reject(port=listener.port, tcp="syn", reason="tcp-reset") as fault:
        assert ends.open_tcp().connect_ex(address) == errno.ECONNREFUSED
        assert fault.acted == 1
    ends.open_tcp().connect(address)


def test_established_connection_survives_an_unreachable(ends: Ends) -> None:
    # RFC 1122, 4.2.3.9: a soft error; the segment is sent again.
    stream = ends.stream()
    with ends.forth.reject(
        port=stream.port, data=True, first=1, reason="host-unreachable"
    ) as fault:
        stream.client.send(b"hello")
        assert stream.server.read(5) == b"hello"
        assert fault.acted == 1
        assert stream.client.retransmissions() == 1


def test_fragmentation_needed_is_no_error_for_tcp_and_a_message_too_long_for_udp(
    fresh: Ends,
) -> None:
    ends = fresh
    listener = ends.listener()
    datagrams = ends.datagrams()
    asked = {"reason": "fragmentation-needed"}
    with ends.forth.fault("reject", port=listener.port, tcp="syn", **asked) as fault:
        client = ends.open_tcp()
        client.settimeout(0.5)
        with pytest.raises(TimeoutError):
            client.connect((ends.address("server"), listener.port))
        assert fault.acted >= 1
    with ends.forth.fault("reject", port=datagrams.port, **asked) as fault:
        datagrams.client.send(b"x")
        with pytest.raises(OSError, match="EMSGSIZE"):
            datagrams.client.recv(10)
        assert fault.acted == 1
    assert_all_arrive(datagrams)
