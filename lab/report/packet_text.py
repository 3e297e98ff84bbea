"""Packets in the words that tcpdump's readers expect, with sequence numbers from 0. Pure."""

from functools import cache

from lab.net.packet import ACK, FIN, PSH, RST, SYN, TCP, UDP, Packet
from lab.report import dns

_FLAGS = ((SYN, "SYN"), (FIN, "FIN"), (RST, "RST"), (PSH, "PSH"), (ACK, "ACK"))
_URG, _ECE, _CWR = 0x20, 0x40, 0x80
_MORE_FLAGS = ((_URG, "URG"), (_ECE, "ECE"), (_CWR, "CWR"))

# RFC 792, 1812 and 4443: what people call them, by IP version, type and code.
_UNREACHABLE_V4 = {
    **{0: "net unreachable", 1: "host unreachable", 2: "protocol unreachable"},
    **{3: "port unreachable", 4: "fragmentation needed", 5: "source route failed"},
    **{6: "net unknown", 7: "host unknown", 9: "net prohibited", 10: "host prohibited"},
    13: "admin prohibited",
}
_UNREACHABLE_V6 = {
    **{0: "no route", 1: "admin prohibited", 2: "beyond scope", 3: "address unreachable"},
    **{4: "port unreachable", 5: "source address refused", 6: "route rejected"},
}
_ICMP_V4 = {0: "echo reply", 5: "redirect", 8: "echo request", 11: "time exceeded"}
_ICMP_V4 |= {12: "parameter problem"}
_ICMP_V6 = {2: "packet too big", 3: "time exceeded", 4: "parameter problem"}
_ICMP_V6 |= {128: "echo request", 129: "echo reply"}


def is_icmp_error(packet: Packet) -> bool:
    """Tell whether an ICMP message quotes the packet that it is about."""
    if packet.icmp_type is None:
        return False
    return packet.icmp_type in ({3, 5, 11, 12} if packet.version == 4 else {1, 2, 3, 4})


@cache
def tcp_flags(flags: int) -> str:
    """Return them as people say them: `SYN-ACK`."""
    names = [name for bit, name in (*_FLAGS, *_MORE_FLAGS) if flags & bit]
    return "-".join(names) or "no flags"


def label(packet: Packet, sequence: int, acknowledgment: int) -> str:
    """Return what a packet is; the numbers are relative to the first of their direction.

    `SYN-ACK`, `PSH-ACK 1:6 ack 1 len 5`, `UDP len 30`, `ICMP host unreachable`.
    """
    if packet.icmp_type is not None:
        words = [_icmp(packet)]
    elif packet.protocol == TCP and packet.payload_at > packet.transport_at:
        words = [_tcp(packet, sequence, acknowledgment)]
    elif packet.protocol == UDP:
        words = [_udp(packet)]
    elif not packet.version:
        words = [f"no IP packet, {packet.length} bytes"]
    else:
        words = [f"protocol {packet.protocol} len {packet.payload_length}"]
    if packet.fragment:
        words.append(f"{packet.fragment} fragment")
    return " ".join(words)


def _udp(packet: Packet) -> str:
    text = f"UDP len {packet.payload_length}"
    if dns.PORT not in {packet.source_port, packet.destination_port}:
        return text
    said = dns.words(packet.data[packet.payload_at : packet.length])
    return f"DNS {said} len {packet.payload_length}" if said else text


def _tcp(packet: Packet, sequence: int, acknowledgment: int) -> str:
    words, flags = [tcp_flags(packet.flags)], packet.flags
    length = packet.payload_length
    if length:
        words.append(f"{sequence}:{sequence + length}")
    elif flags & (FIN | RST) and not flags & SYN:
        words.append(f"seq {sequence}")
    if flags & ACK and not flags & SYN:
        # A bare acknowledgement is nothing but its number.
        words.append(f"ack {acknowledgment}" if flags != ACK or length else str(acknowledgment))
    if length:
        words.append(f"len {length}")
    if window(packet) == 0 and not flags & (RST | SYN):
        words.append("win 0")
    return " ".join(words)


def window(packet: Packet) -> int:
    """Return the window of a TCP segment as it is on the wire, not scaled."""
    at = packet.transport_at + 14
    return int.from_bytes(packet.data[at : at + 2], "big")


def _icmp(packet: Packet) -> str:
    type_, code = packet.icmp_type, packet.icmp_code
    if packet.version == 4:
        named = _UNREACHABLE_V4.get(code or 0) if type_ == 3 else _ICMP_V4.get(type_ or 0)
        family = "ICMP"
    else:
        named = _UNREACHABLE_V6.get(code or 0) if type_ == 1 else _ICMP_V6.get(type_ or 0)
        family = "ICMPv6"
    mtu = ""
    if named == "fragmentation needed":
        mtu = f" mtu {int.from_bytes(packet.data[packet.transport_at + 6 :][:2], 'big')}"
    elif named == "packet too big":
        mtu = f" mtu {int.from_bytes(packet.data[packet.transport_at + 4 :][:4], 'big')}"
    return f"{family} {named or f'type {type_} code {code}'}{mtu}"
