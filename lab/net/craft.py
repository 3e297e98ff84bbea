"""Makes the packets that the wire sends, or puts in another one's place: RST and ICMP errors.

Owns what a host or a router on the way answers (RFC 792, RFC 1122, RFC 4443, RFC 9293), as bytes
with right checksums. Sends nothing. None means that no such packet may be made from this one: a
fault that was to make it has not acted.
"""

from struct import pack

from lab.net import constants, sequence
from lab.net.checksum import mended
from lab.net.packet import ACK, FIN, ICMP, ICMPV6, RST, SYN, TCP, Packet, extensions, parse

_HOPS = 64
_DONT_FRAGMENT = 0x4000
_INTERNETWORK_CONTROL = 0xC0  # an ICMP error's precedence, RFC 1812, 4.3.2.5
_MOST_IPV4 = 576  # bytes of an ICMP error with its IP header, RFC 1812, 4.3.2.3
_MOST_IPV6 = 1280  # and of an ICMPv6 error, RFC 4443, 2.4 (c)

# Type and code over IPv6 of what has a code over IPv4 (RFC 4443, 3). Where ICMPv6 does not tell
# apart, the nearest, as RFC 7915, 4.2 translates and ip6tables' REJECT answers.
_UNREACHABLE_OVER_IPV6 = {
    "net-unreachable": (1, 0),
    "host-unreachable": (1, 3),
    "protocol-unreachable": (4, 1),
    "port-unreachable": (1, 4),
    "fragmentation-needed": (2, 0),
    "net-prohibited": (1, 1),
    "host-prohibited": (1, 1),
    "admin-prohibited": (1, 1),
}
_CODES = {name: code for code, name in constants.UNREACHABLE_CODES[4].items()}
# Type and code over IPv4 and over IPv6.
_TYPES = {
    **{name: ((3, _CODES[name]), over_6) for name, over_6 in _UNREACHABLE_OVER_IPV6.items()},
    "time-exceeded": ((11, 0), (3, 0)),
}
REASONS = tuple(_TYPES)

_ICMP_ERRORS = frozenset({3, 4, 5, 11, 12})  # RFC 1122, 3.2.2
_ICMPV6_ERRORS = frozenset({*range(128), 137})  # RFC 4443, 2.4 (e.1) and (e.2): a redirect


def reset_to_receiver(packet: Packet, sequence: int | None = None) -> bytes | None:
    """Return an RST to stand in this TCP segment's place; None if it holds no whole TCP header.

    The receiver takes it if `sequence` (the segment's own, unless given) is due next (RFC 9293,
    3.10.7.4; RFC 5961, 3.2: otherwise it answers with a challenge ACK, or nothing), and in place of
    the SYN|ACK it waits for (3.10.7.3). A listener ignores it in place of a SYN (3.10.7.2): there,
    drop the SYN and answer with `reset_to_sender`.
    """
    if not _is_segment(packet):
        return None
    flags = RST | packet.flags & ACK
    segment = _segment(
        (packet.source_port, packet.destination_port),
        packet.sequence if sequence is None else sequence,
        packet.acknowledgment if flags & ACK else 0,
        flags,
    )
    return _addressed(packet.source, packet.destination, TCP, segment, like=packet)


def reset_to_sender(packet: Packet) -> bytes | None:
    """Return the RST that a host without this connection answers (RFC 9293, 3.5.2, group 1).

    None if the packet holds no whole TCP header, or is an RST itself: that is never answered.
    """
    if not _is_segment(packet) or packet.flags & RST:
        return None
    ports = (packet.destination_port, packet.source_port)
    if packet.flags & ACK:
        segment = _segment(ports, packet.acknowledgment, 0, RST)
    else:
        controls = bool(packet.flags & SYN) + bool(packet.flags & FIN)
        end = sequence.after(packet.sequence, packet.payload_length + controls)
        segment = _segment(ports, 0, end, RST | ACK)
    return _addressed(packet.destination, packet.source, TCP, segment)


def icmp_error(packet: Packet, reason: str, *, mtu_bytes: int = 0) -> bytes | None:
    """Return the ICMP or ICMPv6 error about this packet, from its destination to its source.

    `reason` is one of REASONS, else KeyError. `mtu_bytes` is the next hop's, for
    `fragmentation-needed` alone (over IPv6: packet too big). None where no error may be sent
    (RFC 1122, 3.2.2; RFC 4443, 2.4 (e)).
    """
    types = _TYPES[reason]
    if not _may_be_answered(packet):
        return None
    if packet.version == 4:
        (kind, code), room = types[0], _MOST_IPV4 - 20 - 8
        field = (
            min(max(mtu_bytes, 0), 0xFFFF) if reason == "fragmentation-needed" else 0
        )  # RFC 1191
    else:
        (kind, code), room = types[1], _MOST_IPV6 - 40 - 8
        field = 0
        if reason == "fragmentation-needed":
            field = min(max(mtu_bytes, 0), 0xFFFFFFFF)
        elif reason == "protocol-unreachable":  # RFC 4443, 3.4: a pointer to what was not known
            field = extensions(packet.data, packet.length).next_header_at
    message = pack("!BBHI", kind, code, 0, field) + packet.data[: min(packet.length, room)]
    protocol = ICMP if packet.version == 4 else ICMPV6
    return _addressed(packet.destination, packet.source, protocol, message)


def _is_segment(packet: Packet) -> bool:
    return packet.protocol == TCP and packet.payload_at > packet.transport_at


def _segment(
    ports: tuple[int | None, int | None], sequence: int, acknowledgment: int, flags: int
) -> bytes:
    """Return a TCP header without options, window and checksum."""
    return pack("!HHIIBBHHH", *ports, sequence, acknowledgment, 0x50, flags, 0, 0, 0)


def _addressed(
    source: bytes, destination: bytes, protocol: int, payload: bytes, like: Packet | None = None
) -> bytes:
    """Return a whole IP packet; its class, identification and hop limit are those of `like`."""
    size = len(payload)
    if len(source) == 4:
        kind = _INTERNETWORK_CONTROL if protocol == ICMP else 0
        identification, hops = 0, _HOPS
        if like:
            kind, hops = like.data[1], like.data[8]
            identification = int.from_bytes(like.data[4:6], "big")
        head = pack(
            *("!BBHHHBBH", 0x45, kind, 20 + size, identification, _DONT_FRAGMENT, hops),
            *(protocol, 0),
        )
    else:
        first = like.data[:4] if like else b"\x60\0\0\0"  # version, class, flow label
        head = first + pack("!HBB", size, protocol, like.data[7] if like else _HOPS)
    return mended(parse(head + source + destination + payload))


def _may_be_answered(packet: Packet) -> bool:
    """Tell whether an ICMP error may be sent about a packet, by RFC 1122, 3.2.2 and RFC 4443, 2.4.

    A subnet's own broadcast address cannot be known here. A loopback source is let through: on the
    loopback device it is one host's. A later IPv6 fragment, which RFC 4443 does not except, names
    no port, so that its error could reach no socket.
    """
    if not packet.version or packet.fragment == "later":
        return False
    source, destination = packet.source, packet.destination
    if packet.version == 4:
        one_host = 0 < source[0] < 224  # not "this network", a group, class E or broadcast
        to_one = destination[0] < 224
        return one_host and to_one and not _is_icmp_error(packet, ICMP, _ICMP_ERRORS)
    one_host = source[0] != 0xFF and any(source)
    to_one = destination[0] != 0xFF
    return one_host and to_one and not _is_icmp_error(packet, ICMPV6, _ICMPV6_ERRORS)


def _is_icmp_error(packet: Packet, protocol: int, types: frozenset[int]) -> bool:
    """Tell whether a packet is, or might be, an ICMP error; a cut one might."""
    if packet.protocol is None:
        return True  # an IPv6 chain cut before its transport
    return packet.protocol == protocol and (packet.icmp_type is None or packet.icmp_type in types)
