"""Packets that kernels send for no program. Pure."""

from lab.net.constants import LISTENER_DISCOVERY, NEIGHBOUR_DISCOVERY
from lab.net.packet import Packet


def is_background(packet: Packet) -> bool:
    """Tell whether a kernel sent it unasked, about neighbours or groups."""
    type_ = packet.icmp_type
    return packet.version == 6 and (type_ in NEIGHBOUR_DISCOVERY or type_ in LISTENER_DISCOVERY)
