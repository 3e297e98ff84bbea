"""Packets that kernels send for no program. Pure."""

from lab.net.packet import Packet

# What hosts tell each other about neighbours and groups (RFC 4861, 2710, 9777), unasked.
_ICMPV6_TYPES = frozenset({130, 131, 132, 133, 134, 135, 136, 137, 143})


def is_housekeeping(packet: Packet) -> bool:
    """Tell whether the kernel sent it on its own account."""
    return packet.version == 6 and packet.icmp_type in _ICMPV6_TYPES
