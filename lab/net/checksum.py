"""The internet checksum, and packets with theirs right.

Owns RFC 1071 and the pseudo-headers of TCP and UDP (RFC 9293, 3.1; RFC 768; RFC 8200, 8.1).
A fragment's transport checksum covers the whole datagram, so here it is neither judged nor mended.
"""

from collections.abc import Iterator
from struct import Struct

from lab.net.packet import ICMP, ICMPV6, TCP, UDP, Packet, extensions

_WORD = Struct("!H")
_IPV4_SUM_AT = 10
# By (version, transport): where the checksum stands in the transport header, and its least size.
_TRANSPORT_SUM_AT = {
    **{(version, TCP): (16, 20) for version in (4, 6)},
    **{(version, UDP): (6, 8) for version in (4, 6)},
    **{(4, ICMP): (2, 8), (6, ICMPV6): (2, 8)},
}


def internet(data: bytes, start: int = 0) -> int:
    """Return the checksum of RFC 1071 over `data`, in 0..0xFFFF; odd data count a zero after them.

    `start` is added first: any sum of 16-bit words, such as a pseudo-header's. Data that hold
    their own checksum give 0. One division of one long number is four times as fast here as
    adding words (1500 bytes: 2 us), since 2**16 is 1 modulo 0xFFFF.
    """
    total = int.from_bytes(data, "big")
    if len(data) & 1:
        total <<= 8
    total += start
    # In ones' complement zero has two forms; only zeros add up to the positive one.
    return 0xFFFF - (total % 0xFFFF or 0xFFFF) if total else 0xFFFF


def mended(packet: Packet) -> bytes:
    """Return the packet with its checksums right, over the bytes that are there.

    A UDP checksum of 0 over IPv4 means none (RFC 768) and stays. What has no checksum known here
    (another transport, a cut header, an IPv6 packet still under way through a routing header,
    whose pseudo-header holds another address) stays too. No length field is changed.
    """
    data = bytearray(packet.data)
    for covered, at, start in _sums(packet):
        _WORD.pack_into(data, at, 0)
        value = internet(bytes(data[covered]), start)
        if not value and packet.protocol == UDP and at != _IPV4_SUM_AT:
            value = 0xFFFF
        _WORD.pack_into(data, at, value)
    return bytes(data)


def is_right(packet: Packet) -> bool:
    """Tell whether no checksum that `mended` knows is wrong."""
    data = packet.data
    for covered, at, start in _sums(packet):
        if internet(data[covered], start):
            return False
        if packet.version == 6 and packet.protocol == UDP and data[at : at + 2] == b"\0\0":
            return False  # RFC 8200, 8.1
    return True


def _sums(packet: Packet) -> Iterator[tuple[slice, int, int]]:
    """Yield for each checksum: the bytes it covers, its offset, and its pseudo-header's sum."""
    if packet.version == 4:
        yield slice(0, packet.data[0] % 16 * 4), _IPV4_SUM_AT, 0
    transport = _TRANSPORT_SUM_AT.get((packet.version, packet.protocol or 0))
    if packet.fragment or not transport:
        return
    begin, end = packet.transport_at, packet.length
    at, least = begin + transport[0], transport[1]
    if end - begin < least:
        return
    if packet.version == 6 and begin > 40 and extensions(packet.data, end).is_under_way:
        return
    if packet.protocol == UDP:
        if packet.version == 4 and packet.data[at : at + 2] == b"\0\0":
            return
        (said,) = _WORD.unpack_from(packet.data, begin + 4)
        end = begin + said if least <= said < end - begin else end  # the rest is no part of it
    yield slice(begin, end), at, _pseudo_header(packet, end - begin)


def _pseudo_header(packet: Packet, size: int) -> int:
    """Return the sum of the pseudo-header's words; ICMP over IPv4 has none."""
    if packet.protocol == ICMP:
        return 0
    addresses = int.from_bytes(packet.source + packet.destination, "big")
    return addresses + (packet.protocol or 0) + size
