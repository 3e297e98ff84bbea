"""Two hosts with a link to each other in either direction, and a third that has no part in it."""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import pairwise

from lab.api.fault import LinkFault
from lab.api.lab import Lab
from lab.api.link import Link
from tests.integration.wire.sockets import Socket, Sockets
from tests.waiting import wait_until


@dataclass(frozen=True)
class Stream:
    """Both ends of a TCP connection; each send is a segment of its own."""

    client: Socket
    server: Socket
    port: int


@dataclass(frozen=True)
class Datagrams:
    """Two UDP sockets that are connected to each other."""

    client: Socket
    server: Socket
    port: int


class Ends:
    """The hosts `client` and `server`, or two others, over one version of IP."""

    def __init__(
        self,
        lab: Lab,
        sockets: Mapping[str, Sockets],
        version: int,
        client: str = "client",
        server: str = "server",
    ) -> None:
        self.lab = lab
        self.version = version
        self.sockets = sockets
        self._addresses = {name: host.status().addresses for name, host in lab.hosts.items()}
        self.forth: Link = lab.link(client, server)
        self.back: Link = lab.link(server, client)

    def address(self, host: str) -> str:
        """Return the host's address, of this version of IP."""
        return next(one for one in self._addresses[host] if ip_address(one).version == self.version)

    def open(self, host: str, kind: int) -> Socket:
        """Open a socket on a host, bound to its address and a port that the kernel picks."""
        opened = self.sockets[host].open(address := self.address(host), kind)
        opened.bind((address, 0))
        return opened

    def datagrams(self, client: str = "client", server: str = "server") -> Datagrams:
        """Open a UDP socket on each, connected to the other."""
        one, other = (self.open(host, socket.SOCK_DGRAM) for host in (client, server))
        one.connect((self.address(server), other.port))
        other.connect((self.address(client), one.port))
        return Datagrams(one, other, other.port)

    def member(self, host: str, group: str, port: int = 0) -> Socket:
        """Open a UDP socket on a host that is in a multicast group, or gets what is for all."""
        opened = self.sockets[host].open(group, socket.SOCK_DGRAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        opened.bind(("0.0.0.0" if self.version == 4 else "::", port))
        address = ip_address(group)
        if address.is_multicast and self.version == 4:
            here = ip_address(self.address(host)).packed
            opened.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, address.packed + here)
            opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
        elif address.is_multicast:
            by_route = bytes(4)
            level = socket.IPPROTO_IPV6
            opened.setsockopt(level, socket.IPV6_JOIN_GROUP, address.packed + by_route)
        return opened

    def open_tcp(self, host: str = "client") -> Socket:
        """Open a TCP socket on a host; each send is to be a segment of its own."""
        opened = self.open(host, socket.SOCK_STREAM)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened

    def listener(self, host: str = "server") -> Socket:
        """Open a TCP socket that listens."""
        listening = self.open_tcp(host)
        listening.listen(8)
        return listening

    def stream(self, client: str = "client", server: str = "server") -> Stream:
        """Open a TCP connection between them."""
        listening = self.listener(server)
        port = listening.port
        one = self.open_tcp(client)
        one.connect((self.address(server), port))
        other: Socket = listening.accept()
        return Stream(one, other, port)

    def counters(self, host: str) -> dict[str, int]:
        """Return the host's counters of both versions of IP, as nstat(8) calls them."""
        argv = ["cat", "/proc/net/snmp", "/proc/net/netstat", "/proc/net/snmp6"]
        lines = self.lab.host(host).run(argv, timeout_s=20).stdout.decode().splitlines()
        found: dict[str, int] = {}
        rows = [line.split() for line in lines]
        for names, values in pairwise(rows):
            if names[0] == values[0] and names[0].endswith(":"):
                prefix = names[0].removesuffix(":")
                found |= {prefix + n: int(v) for n, v in zip(names[1:], values[1:], strict=True)}
        found |= {row[0]: int(row[1]) for row in rows if not row[0].endswith(":")}
        return found


def numbered(count: int, *, first: int = 1, size: int = 40) -> list[bytes]:
    """Return datagrams that each begin with their number."""
    return [b"%d " % n + b"x" * (size - len(b"%d " % n)) for n in range(first, first + count)]


def numbers(datagrams: Sequence[bytes]) -> list[int]:
    """Return the numbers of datagrams."""
    return [int(one.split()[0]) for one in datagrams]


def has_matched(fault: LinkFault, count: int) -> bool:
    """Tell whether so many packets have met a fault, or more."""
    return fault.matched >= count


def arriving(fault: LinkFault, datagrams: Datagrams, messages: Sequence[bytes]) -> list[int]:
    """Send datagrams that all match the fault; return the numbers of those that arrive, in order.

    No waiting for what does not come: when the agent has counted a packet and can be asked, it has
    given its word on it, and the kernel passes an accepted packet to the socket within that call.
    Copies, and packets that are held back, come later.
    """
    before = fault.matched
    datagrams.client.send_each(list(messages))
    wait_until(lambda: fault.matched >= before + len(messages), "the wire to see the datagrams")
    return numbers(datagrams.server.drain())


def assert_all_arrive(datagrams: Datagrams, count: int = 5) -> None:
    """Fail unless every datagram arrives once, in order: nothing is on the link any more."""
    datagrams.client.send_each(numbered(count))
    assert numbers(datagrams.server.receive(count)) == list(range(1, count + 1))
    assert datagrams.server.drain() == []


def pattern(count: int) -> bytes:
    """Return bytes in which every place can be told from its neighbours."""
    return bytes(n * 7 % 251 for n in range(count))
