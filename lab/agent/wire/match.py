"""Which packets a fault is about, by what stands in them; and where the kernel can tell.

The words are tcpdump's and iptables'. A later fragment has no ports and no flags, so a match that
asks for those never means one.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lab.agent.wire.lines import IPV4, IPV6, Diversion
from lab.net.constants import ICMP_TYPES, LISTENER_DISCOVERY, NEIGHBOUR_DISCOVERY
from lab.net.data import Data, Pattern
from lab.net.packet import ACK, FIN, ICMP, ICMPV6, RST, SYN, TCP, UDP, Packet
from lab.net.parameters import Parameter, ParameterError

_SHORTEST, _LARGEST = 20, 65_535  # bytes of an IP packet
_LAST_PORT = 65_535
PARAMETERS = (
    Parameter("ip_version", int, "only this version of IP", 4, 6),
    Parameter("protocol", str, "only this protocol", choices=("tcp", "udp", "icmp")),
    Parameter("port", int, "from or to this port", 0, _LAST_PORT),
    Parameter("source_port", int, "from this port", 0, _LAST_PORT),
    Parameter("destination_port", int, "to this port", 0, _LAST_PORT),
    Parameter(
        "tcp",
        str,
        "TCP segments: syn (alone), syn-ack, ack (alone, no data), fin, rst",
        choices=("syn", "syn-ack", "ack", "fin", "rst"),
    ),
    Parameter("data", bool, "with payload, or (false) without"),
    Parameter(
        "fragment",
        str,
        "fragments: any of them, the first, later ones, or none: only whole packets",
        choices=("any", "first", "later", "none"),
    ),
    Parameter("icmp_type", str, "ICMP messages of this type", choices=tuple(ICMP_TYPES)),
    Parameter("min_bytes", int, "the IP packet's length, at least", 0, _LARGEST),
    Parameter("max_bytes", int, "the IP packet's length, at most", _SHORTEST, _LARGEST),
    Parameter("payload_starts_with", Data, "whose payload starts with these bytes"),
    Parameter("payload_contains", Data, "in whose payload these bytes stand"),
    Parameter("payload_matches", Pattern, "in whose payload this regular expression is found"),
)
# Over IPv4, and over IPv6.
_PROTOCOLS = {"tcp": (TCP, TCP), "udp": (UDP, UDP), "icmp": (ICMP, ICMPV6)}
_KEPT = {"syn": SYN, "syn-ack": SYN, "ack": ACK, "fin": FIN, "rst": RST}
_NEIGHBOURS = {name for name, (_, type_) in ICMP_TYPES.items() if type_ in NEIGHBOUR_DISCOVERY}
# What the kernel's lines can ask for, and the TCP flags of each kind: of these, those.
_KERNEL_TELLS = {"ip_version", "protocol", "port", "source_port", "destination_port", "tcp"}
_EXACTLY = {
    "syn": (SYN | ACK, SYN),
    "syn-ack": (SYN | ACK, SYN | ACK),
    "fin": (FIN, FIN),
    "rst": (RST, RST),
}
_PORTS = ("port", "source_port", "destination_port")
_BYTES = ("payload_starts_with", "payload_contains")
_PAYLOAD = (*_BYTES, "payload_matches")
# What is not the same of all segments of a superpacket.
_BY_SEGMENT = ("tcp", "min_bytes", "max_bytes")

Test = Callable[[Packet], bool]


class Match:
    """A test of packets, made from the values of PARAMETERS; ParameterError if none can pass it.

    Neighbour discovery is meant where `icmp_type` names it, and else never, nor is multicast
    listener discovery: a link on which all is lost is a link still.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {p.name: values[p.name] for p in PARAMETERS if values[p.name] is not None}
        self._refuse_contradictions()
        self._flow_tests = tuple(self._make_flow_tests())
        self._tests = (*self._flow_tests, *self._make_packet_tests())

    def passes(self, packet: Packet) -> bool:
        """Tell whether the fault is about this packet."""
        for test in self._tests:  # noqa: SIM110 - all() with a generator takes twice as long
            if not test(packet):
                return False
        return True

    @property
    def is_by_segment(self) -> bool:
        """Can it mean one segment of a superpacket, and another one not?"""
        return not self._values.keys().isdisjoint(_BY_SEGMENT)

    @property
    def reads_payload(self) -> bool:
        """Does it look at what a packet carries? Then any segment of a superpacket may differ."""
        return not self._values.keys().isdisjoint(_PAYLOAD)

    def passes_flow(self, packet: Packet) -> bool:
        """Tell whether it is of a flow that the fault is about: what `whole_flows` diverts."""
        return all(test(packet) for test in self._flow_tests)

    def diversions(self, address: bytes, *, whole_flows: bool) -> Iterator[Diversion]:
        """Yield what the kernel must hand over, of what comes from an address of 4 or 16 bytes.

        With `whole_flows` also what shows where a TCP flow begins, and all its bytes.
        """
        family, index = (IPV4, 0) if len(address) == 4 else (IPV6, 1)
        if self.ip_version not in {None, 4 if family == IPV4 else 6}:
            return
        name = self._protocol()
        base = Diversion(
            family,
            address,
            _PROTOCOLS[name][index] if name else None,
            self._values.get("source_port"),
            self._values.get("destination_port"),
            neighbours=self._values.get("icmp_type") in _NEIGHBOURS and family == IPV6,
        )
        if (tcp := self._values.get("tcp")) and not whole_flows:
            base = base._replace(flags=_KEPT[tcp])
        if (port := self._values.get("port")) is None:
            yield base
            return
        protocols = [base.protocol] if name else [TCP, UDP]
        for protocol in protocols:
            yield base._replace(protocol=protocol, source_port=port)
            yield base._replace(protocol=protocol, destination_port=port)

    @property
    def is_countable(self) -> bool:
        """Does the kernel count all that it means, packet by packet, as `countable` has it?"""
        is_single = self._values.get("tcp") in _EXACTLY or self._protocol() in {"udp", "icmp"}
        return self._values.keys() <= _KERNEL_TELLS and is_single

    @property
    def is_droppable(self) -> bool:
        """Does the kernel know what it means, and that it is no part of a superpacket?"""
        return self._values.keys() <= _KERNEL_TELLS and self._values.get("tcp") not in {
            "ack",
            "fin",
        }

    def countable(self, address: bytes) -> Iterator[Diversion]:
        """Yield what of it the kernel counts packet by packet: of TCP nothing a superpacket has."""
        tcp = self._values.get("tcp")
        if not self._values.keys() <= _KERNEL_TELLS or tcp not in {None, *_EXACTLY}:
            return
        for one in self.counted(address):
            if tcp or one.protocol not in {None, TCP}:
                yield one
                continue
            yield one._replace(protocol=TCP, flags=SYN | RST)
            if one.protocol is None:
                yield one._replace(not_protocol=TCP)

    def counted(self, address: bytes) -> list[Diversion]:
        """Return what the kernel counts for it of what comes from an address.

        What is of TCP it counts as it carries it: a superpacket is one.
        """
        found = []
        mask, only = _EXACTLY.get(self._values.get("tcp", ""), (0, None))
        for one in self.diversions(address, whole_flows=False):
            is_second = "port" in self._values and one.destination_port == self._values["port"]
            other = self._values["port"] if is_second else None
            found.append(one._replace(flags=mask, only_flags=only, not_source_port=other))
        return found

    def _protocol(self) -> str | None:
        if "tcp" in self._values:
            return "tcp"
        return "icmp" if "icmp_type" in self._values else self._values.get("protocol")

    @property
    def ip_version(self) -> int | None:
        """The only version of IP that it means, if it means one."""
        # Some types are ICMPv6's alone.
        over_ipv4, _ = ICMP_TYPES.get(self._values.get("icmp_type", ""), (0, 0))
        return 6 if over_ipv4 is None else self._values.get("ip_version")

    def _make_flow_tests(self) -> Iterator[Test]:
        if version := self.ip_version:
            yield lambda packet: packet.version == version
        if name := self._protocol():
            over_ipv4, over_ipv6 = _PROTOCOLS[name]
            yield (
                lambda packet: packet.protocol == (over_ipv6 if packet.version == 6 else over_ipv4)
            )
        if name in {None, "icmp"} and self._values.get("icmp_type") not in _NEIGHBOURS:
            yield lambda packet: packet.protocol != ICMPV6 or not _keeps_the_link(packet)
        yield from (_TESTS[name](self._values[name]) for name in _PORTS if name in self._values)

    def _make_packet_tests(self) -> Iterator[Test]:
        for name, value in self._values.items():
            if name in _TESTS and name not in _PORTS:
                yield _TESTS[name](value)

    def _refuse_contradictions(self) -> None:
        values = self._values
        protocol = values.get("protocol")
        ports = [name for name in _PORTS if name in values]
        if values.get("ip_version") == 5:
            never("ip_version 5: must be 4 or 6")
        if values.get("ip_version") == 4 and self.ip_version == 6:
            never(f"icmp_type {values['icmp_type']} with ip_version 4: only ICMPv6 has it")
        if len(ports) == 3 and values["port"] not in {values[name] for name in ports[1:]}:
            never("port is neither source_port nor destination_port")
        if "tcp" in values and protocol not in {None, "tcp"}:
            never(f"tcp {values['tcp']} with protocol {protocol}: only TCP has flags")
        if "icmp_type" in values and (protocol not in {None, "icmp"} or "tcp" in values):
            never("icmp_type with another protocol: only ICMP has types")
        if ports and (protocol == "icmp" or "icmp_type" in values):
            never(f"{ports[0]} with ICMP: it has no ports")
        if values.get("data") and values.get("tcp") == "ack":
            never("tcp ack with data: it means acknowledgments without any; leave tcp out")
        if values.get("fragment") == "later" and (
            ports or "tcp" in values or "icmp_type" in values
        ):
            never("fragment later: only a first fragment has ports, flags and types")
        self._refuse_payload()
        self._refuse_lengths()

    def _refuse_payload(self) -> None:
        values = self._values
        for name in (one for one in _PAYLOAD if one in values):
            if values.get("data") is False or values.get("tcp") == "ack":
                never(f"{name} of packets without payload")
            if not values[name]:
                text = f"match: {name} is empty; every packet would match: leave it out"
                raise ParameterError(text)

    def _refuse_lengths(self) -> None:
        values = self._values
        if values.get("min_bytes", 0) > (most := values.get("max_bytes", _LARGEST)):
            never("min_bytes is above max_bytes")
        if most < (least := self._least_bytes()):
            never(f"max_bytes {most}: must be at least {least} for that")

    def _least_bytes(self) -> int:
        """Return how long a packet must be to pass, cut headers and all."""
        values = self._values
        header = 40 if self.ip_version == 6 else 20
        payload = max(bool(values.get("data")), *(len(values.get(name, b"")) for name in _BYTES))
        if "tcp" in values or "icmp_type" in values:  # known from whole headers only
            return header + (20 if "tcp" in values else 8) + payload
        room = 4 if any(name in values for name in _PORTS) else 0
        return header + max(room, payload)


def protocol(values: Mapping[str, Any], *, only: str | None) -> str | None:
    """Return the protocol of the match; ParameterError if the impairment knows only another."""
    asked: str | None = values["protocol"]
    if only and asked not in {None, only}:
        never(f"protocol {asked}: it works on {only} only")
    return only or asked


def never(why: str) -> None:
    """Refuse a match that no packet can pass."""
    text = f"match: {why}; no packet would match"
    raise ParameterError(text)


def _keeps_the_link(packet: Packet) -> bool:
    # As the kernel looks: at the first byte of an ICMPv6 message, whole or not.
    if packet.version != 6 or packet.fragment == "later" or packet.transport_at >= packet.length:
        return False
    kind = packet.data[packet.transport_at]
    return kind in NEIGHBOUR_DISCOVERY or kind in LISTENER_DISCOVERY


def _payload(packet: Packet) -> bytes:
    return packet.data[packet.payload_at : packet.length]


_TCP: dict[str, Test] = {
    "syn": lambda packet: packet.flags & (SYN | ACK) == SYN,
    "syn-ack": lambda packet: packet.flags & (SYN | ACK) == SYN | ACK,
    "ack": lambda packet: (
        packet.flags & (SYN | ACK | FIN | RST) == ACK and packet.length == packet.payload_at
    ),
    "fin": lambda packet: bool(packet.flags & FIN),
    "rst": lambda packet: bool(packet.flags & RST),
}
_FRAGMENT: dict[str, Test] = {
    "any": lambda packet: packet.fragment != "",
    "first": lambda packet: packet.fragment == "first",
    "later": lambda packet: packet.fragment == "later",
    "none": lambda packet: packet.fragment == "",
}
_TESTS: dict[str, Callable[[Any], Test]] = {
    "port": lambda port: lambda packet: port in {packet.source_port, packet.destination_port},
    "source_port": lambda port: lambda packet: packet.source_port == port,
    "destination_port": lambda port: lambda packet: packet.destination_port == port,
    "tcp": lambda kind: _TCP[kind],
    "data": lambda data: lambda packet: (packet.length > packet.payload_at) is data,
    "fragment": lambda which: _FRAGMENT[which],
    "icmp_type": lambda kind: (
        lambda packet: packet.icmp_type == ICMP_TYPES[kind][packet.protocol == ICMPV6]
    ),
    "min_bytes": lambda least: lambda packet: packet.length >= least,
    "max_bytes": lambda most: lambda packet: packet.length <= most,
    "payload_starts_with": lambda data: (
        lambda packet: packet.data.startswith(data, packet.payload_at, packet.length)
    ),
    "payload_contains": lambda data: lambda packet: data in _payload(packet),
    "payload_matches": lambda pattern: lambda packet: bool(pattern.search(_payload(packet))),
}
