"""Reads an IP packet as NFQUEUE hands it over: addresses, ports, flags, where the payload starts.

Owns the layout of IPv4 (RFC 791), IPv6 and its extension headers (RFC 8200), TCP
(RFC 9293), UDP (RFC 768), ICMP (RFC 792) and ICMPv6 (RFC 4443). Decides nothing about a packet
and changes nothing in it. It reads every packet on the wire: hence flat code and few calls.
"""

from struct import Struct
from typing import NamedTuple

from lab.net import constants

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10

_HOP_BY_HOP, _ROUTING, _FRAGMENT, _DESTINATION_OPTIONS = 0, 43, 44, 60
# Not AH (RFC 4302): nftables takes it for the transport, too, so what is in it is not diverted.
_EXTENSIONS = frozenset({_HOP_BY_HOP, _ROUTING, _FRAGMENT, _DESTINATION_OPTIONS})
_MOST_EXTENSIONS = 16  # RFC 8200, 4.1 knows seven in a row; a longer chain is noise
_IPV6_HEADER = 40

_IPV4 = Struct("!BxHxxHxBxx4s4s")
_IPV6 = Struct("!4xHBx16s16s")
_PORTS = Struct("!HH")
_TCP = Struct("!HHIIBB")
_SHORT = Struct("!H")

_FLAGS = ((SYN, "SYN"), (FIN, "FIN"), (RST, "RST"), (PSH, "PSH"), (ACK, "ACK"))


class Packet:
    """One packet, read once by `parse` and not changed; see there for what is unknown and when.

    `transport_at`, `payload_at` and `length` are offsets in the packet, in bytes, in this order:
    0 <= transport_at <= payload_at <= length. `data` has all of it, or only its beginning.
    """

    __slots__ = (
        *("data", "version", "protocol", "source", "destination", "source_port"),
        *("destination_port", "flags", "sequence", "acknowledgment", "fragment"),
        *("icmp_type", "icmp_code", "transport_at", "payload_at", "length"),
    )
    data: bytes
    version: int  # 4 or 6; 0: no IP header
    protocol: int | None  # of the transport, after IPv6's extension headers
    source: bytes  # 4 or 16 bytes; b"": unknown
    destination: bytes
    source_port: int | None  # of TCP and UDP
    destination_port: int | None
    flags: int  # of TCP, as are the next two; 0 else
    sequence: int
    acknowledgment: int
    fragment: str  # "": the datagram is whole; "first"; "later": it holds no transport header
    icmp_type: int | None  # of ICMP and ICMPv6
    icmp_code: int | None
    transport_at: int
    payload_at: int  # where the transport is unknown: where the IP payload starts
    length: int  # the IP header's total length, or less if the packet has less

    @property
    def payload_length(self) -> int:
        """The transport's payload, in bytes."""
        return self.length - self.payload_at

    def summary(self) -> str:
        """Return one line for people: `198.18.1.2:40312 > 198.18.1.3:21567 SYN seq 1234`."""
        if not self.version:
            return f"no IP packet, {self.length} bytes"
        words = [self._end(self.source, self.source_port), ">"]
        words += [self._end(self.destination, self.destination_port), *self._transport_words()]
        if self.fragment:
            words.append(f"{self.fragment} fragment")
        if self.payload_length or self.protocol == UDP:
            words.append(f"len {self.payload_length}")
        return " ".join(words)

    __repr__ = summary

    def _end(self, address: bytes, port: int | None) -> str:
        from ipaddress import ip_address  # noqa: PLC0415 - only people need it

        text = str(ip_address(address))
        if port is None:
            return text
        return f"[{text}]:{port}" if self.version == 6 else f"{text}:{port}"

    def _transport_words(self) -> list[str]:
        if self.icmp_type is not None:
            family = "ICMP" if self.version == 4 else "ICMPv6"
            name = constants.icmp_type_name(self.version, self.icmp_type)
            name = name.removeprefix("destination-").replace("-", " ")
            number = f"type {self.icmp_type} code {self.icmp_code}"
            return [family, f"{name} ({number})" if name else number]
        if self.protocol != TCP or self.payload_at == self.transport_at:
            names = {TCP: "TCP", UDP: "UDP", None: "unknown protocol"}
            return [names.get(self.protocol, f"protocol {self.protocol}")]
        words = [name for bit, name in _FLAGS if self.flags & bit] or ["no flags"]
        words.append(f"seq {self.sequence}")
        if self.flags & ACK:
            words.append(f"ack {self.acknowledgment}")
        return words


class Chain(NamedTuple):
    """What stands between an IPv6 header and its transport (RFC 8200, 4)."""

    protocol: int | None  # None: the chain is cut or too long, or is a later fragment's
    transport_at: int
    fragment: str
    next_header_at: int  # the offset of the field that names the protocol
    is_under_way: bool  # a routing header has segments left: the last destination is elsewhere


def extensions(data: bytes, length: int) -> Chain:
    """Walk an IPv6 packet's extension headers, at most 16 and within its first `length` bytes."""
    protocol, at, named_at = data[6], _IPV6_HEADER, 6
    fragment, is_under_way = "", False
    for _ in range(_MOST_EXTENSIONS + 1):
        if protocol not in _EXTENSIONS:
            return Chain(protocol, at, fragment, named_at, is_under_way)
        if at + 8 > length:
            break
        size = (data[at + 1] + 1) * 8
        if protocol == _ROUTING:
            is_under_way = is_under_way or data[at + 3] > 0
        elif protocol == _FRAGMENT:
            size = 8
            (offset,) = _SHORT.unpack_from(data, at + 2)
            if offset & 0xFFF8:
                follows = None if data[at] in _EXTENSIONS else data[at]
                return Chain(follows, at + size, "later", at, is_under_way)
            fragment = "first" if offset & 1 else fragment
        if at + size > length:
            break
        protocol, at, named_at = data[at], at + size, at
    return Chain(None, _IPV6_HEADER, fragment, 6, is_under_way)


_new = Packet.__new__


def parse(data: bytes, length: int | None = None) -> Packet:
    """Read any bytes as an IP packet, without a link header; never raise.

    `length` is how many bytes the packet had, where `data` are only those at its beginning.

    An IP header that is cut or contradicts itself, as the kernel drops it, makes the version 0.
    Of a transport header that is cut, the ports are known if they are there and the rest is not:
    then `payload_at` is `transport_at`. A TCP data offset that points outside the segment is taken
    for the nearest inside. A jumbogram (RFC 2675) counts as a packet without payload.
    """
    packet = _new(Packet)
    packet.data = data
    there = len(data)
    had = there if length is None or length < there else length
    version = data[0] >> 4 if there else 0
    if version == 4 and there >= 20:
        first, length, offset, protocol, packet.source, packet.destination = _IPV4.unpack_from(data)
        at = (first & 0x0F) * 4
        if 20 <= at <= length and at <= there:
            packet.version = 4
            packet.fragment = ""
            if offset & 0x3FFF:  # all but the reserved bit and Don't Fragment
                packet.fragment = "later" if offset & 0x1FFF else "first"
            packet.length = length if length < had else had
            _read_transport(packet, protocol, at, there)
            return packet
    elif version == 6 and there >= _IPV6_HEADER:
        length, protocol, packet.source, packet.destination = _IPV6.unpack_from(data)
        length += _IPV6_HEADER
        packet.version = 6
        packet.length = length if length < had else had
        length = length if length < there else there
        packet.fragment = ""
        at = _IPV6_HEADER
        if protocol in _EXTENSIONS:
            protocol, at, packet.fragment, _, _ = extensions(data, length)
        _read_transport(packet, protocol, at, there)
        return packet
    packet.version = 0
    packet.length = had
    packet.source = packet.destination = b""
    packet.fragment = ""
    _read_transport(packet, None, 0, there)
    return packet


def _read_transport(packet: Packet, protocol: int | None, at: int, there: int) -> None:
    """Fill in all that the IP header does not say, from the bytes that are there."""
    packet.protocol = protocol
    packet.transport_at = packet.payload_at = at
    packet.icmp_type = packet.icmp_code = None
    data = packet.data
    length = packet.length
    room = (length if length < there else there) - at if packet.fragment != "later" else 0
    if protocol == TCP and room >= 20:
        (packet.source_port, packet.destination_port, packet.sequence, packet.acknowledgment,
         offset, packet.flags) = _TCP.unpack_from(data, at)  # fmt: skip
        size = (offset >> 4) * 4
        most = length - at
        packet.payload_at = at + (size if 20 <= size <= most else 20 if size < 20 else most)
        return
    packet.flags = packet.sequence = packet.acknowledgment = 0
    if protocol in (TCP, UDP) and room >= 4:
        packet.source_port, packet.destination_port = _PORTS.unpack_from(data, at)
        if protocol == UDP and room >= 8:
            packet.payload_at = at + 8
        return
    packet.source_port = packet.destination_port = None
    if room >= 8 and protocol == (ICMP if packet.version == 4 else ICMPV6):
        packet.icmp_type, packet.icmp_code = data[at], data[at + 1]
        packet.payload_at = at + 8
