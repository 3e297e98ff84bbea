"""The segments of a TCP superpacket: what the kernel cuts one into before a real line. Pure.

A superpacket is one IP packet with the data of many segments (segmentation offload). Each segment
has its header, options and all, and its own sequence number; PSH and FIN are on the last one only,
CWR on the first (tcp_gso_segment), and IPv4's identification counts on (inet_gso_segment).
"""

from collections.abc import Iterator
from struct import Struct

from lab.net import sequence
from lab.net.packet import FIN, PSH, RST, SYN, TCP, Packet, parse

_CWR, _URG = 0x80, 0x20
_ONLY_FIRST, _ONLY_LAST = _CWR, FIN | PSH
_SHORT, _SEQUENCE = Struct("!H"), Struct("!I")
_IPV6_HEADER = 40
# What a segment has of the whole as it is.
_SHARED = tuple(
    (getattr(Packet, name).__set__, getattr(Packet, name).__get__)
    for name in Packet.__slots__
    if name not in {"data", "length", "sequence", "flags"}
)


def count(packet: Packet, segment_bytes: int) -> int:
    """Return how many segments it makes with so many bytes of data; the last may have fewer."""
    return max(1, -(-packet.payload_length // segment_bytes))


def cut(packet: Packet, segment_bytes: int) -> Iterator[Packet]:
    """Yield its segments in order; their checksums are the whole's, and of their data all is there
    that is there of the whole's.
    """
    new, begins = Packet.__new__, range(0, packet.payload_length, segment_bytes)
    shared = [(setter, getter(packet)) for setter, getter in _SHARED]
    for number, begin in enumerate(begins):
        one = new(Packet)
        for set_shared, value in shared:
            set_shared(one, value)
        one.data, one.length = segment(packet, begin, begin + segment_bytes, number)
        one.sequence = sequence.after(packet.sequence, begin)
        one.flags = one.data[packet.transport_at + 13]
        yield one


def can_be_cut(packet: Packet) -> bool:
    """Tell whether it is a whole TCP segment of data: no SYN, no RST, no urgent data."""
    has_header = packet.protocol == TCP and packet.payload_at > packet.transport_at
    return has_header and not packet.fragment and not packet.flags & (SYN | RST | _URG)


def halves(packet: Packet, at: int) -> tuple[Packet, Packet]:
    """Return two segments: one with the first `at` bytes of its data, one with the rest."""
    begin, rest = segment(packet, 0, at, 0), segment(packet, at, packet.payload_length, 1)
    return parse(*begin), parse(*rest)


def first_and_last(packet: Packet, segment_bytes: int) -> tuple[Packet, Packet]:
    """Return the first and the last of at least two: those between differ from the first in
    nothing that a match asks for.
    """
    last = count(packet, segment_bytes) - 1
    begin = last * segment_bytes
    one = parse(*segment(packet, 0, segment_bytes, 0))
    return one, parse(*segment(packet, begin, begin + segment_bytes, last))


def segment(packet: Packet, begin: int, end: int, number: int) -> tuple[bytes, int]:
    """Return the segment that has these bytes of a packet's data, and its length.

    `number` is its place among the segments, from 0. Its bytes are as many as are there.
    """
    at, end = packet.payload_at, min(end, packet.payload_length)
    data = bytearray(packet.data[:at] + packet.data[at + begin : at + end])
    length = at + end - begin
    if packet.version == 4:
        _SHORT.pack_into(data, 2, length)
        # Each may be fragmented on its own (RFC 791, 3.2; RFC 6864, 4.1).
        (identification,) = _SHORT.unpack_from(data, 4)
        _SHORT.pack_into(data, 4, identification + number & 0xFFFF)
    else:
        _SHORT.pack_into(data, 4, length - _IPV6_HEADER)
    _SEQUENCE.pack_into(data, packet.transport_at + 4, sequence.after(packet.sequence, begin))
    flags = packet.flags
    if begin:
        flags &= ~_ONLY_FIRST
    if end < packet.payload_length:
        flags &= ~_ONLY_LAST
    data[packet.transport_at + 13] = flags
    return bytes(data), length
