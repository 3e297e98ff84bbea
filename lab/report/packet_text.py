"""Packets in the words that tcpdump's readers expect, with sequence numbers from 0. Pure."""

from functools import cache

from lab.net import constants
from lab.net.packet import ACK, FIN, PSH, RST, SYN, TCP, UDP, Packet
from lab.report import dns

_FLAGS = ((SYN, "SYN"), (FIN, "FIN"), (RST, "RST"), (PSH, "PSH"), (ACK, "ACK"))
_URG, _ECE, _CWR = 0x20, 0x40, 0x80
_MORE_FLAGS = ((_URG, "URG"), (_ECE, "ECE"), (_CWR, "CWR"))


def is_icmp_error(packet: Packet) -> bool:
    """Tell whether an ICMP message quotes the packet that it is about."""
    if packet.icmp_type is None:
        return False
    return constants.icmp_type_name(packet.version, packet.icmp_type) in constants.ICMP_ERRORS


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
    family = "ICMP" if packet.version == 4 else "ICMPv6"
    named = constants.icmp_type_name(packet.version, type_ or 0)
    if named == "destination-unreachable":
        named = constants.UNREACHABLE_CODES[packet.version].get(code or 0, "")
    named = named.replace("-", " ")
    mtu = ""
    if named == "fragmentation needed":
        mtu = f" mtu {int.from_bytes(packet.data[packet.transport_at + 6 :][:2], 'big')}"
    elif named == "packet too big":
        mtu = f" mtu {int.from_bytes(packet.data[packet.transport_at + 4 :][:4], 'big')}"
    return f"{family} {named or f'type {type_} code {code}'}{mtu}"
