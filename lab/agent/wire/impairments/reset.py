"""A TCP connection is reset by something in the middle."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from lab.agent.wire.flows import MOST_FLOWS, Key, key
from lab.agent.wire.impairments import Base, Stage
from lab.agent.wire.match import never
from lab.agent.wire.rng import Draw
from lab.agent.wire.superpacket import Superpacket
from lab.agent.wire.transit import Transit
from lab.net import craft, sequence
from lab.net.fate import DROPPED, Effect
from lab.net.packet import ACK, FIN, RST, SYN, TCP, Packet
from lab.net.parameters import Parameter


class Impairment(Base):
    """Lose the TCP segment, and reset the connection: an RST to the receiver, the sender or both.

    Each gets it with the sequence number that its kernel accepts (RFC 9293, 3.10.7; RFC 5961): the
    receiver with that of the next byte it has not seen, also where the segment is one sent again.
    With data on its way to the sender its number is another by then; so what it sends on the
    connection later is lost, too, and answered with an RST of its own, until one is accepted.
    """

    STAGE = Stage.END
    CUTS = True
    EVERY = "reset every packet"
    PARAMETERS = (
        Parameter(
            "to", str, "who gets an RST", choices=("receiver", "sender", "both"), default="both"
        ),
    )
    protocol = "tcp"
    follows_flows = True

    def __init__(self, values: dict[str, Any]) -> None:
        """Take the values."""
        self._to: str = values["to"]
        # Flows whose sender has been told; oldest first.
        self._told: OrderedDict[Key, None] = OrderedDict()
        # Of each flow: up to which number it had come before its last segment, and with it.
        self._come: OrderedDict[Key, tuple[int, int]] = OrderedDict()

    def refuse(self, match: Mapping[str, Any]) -> None:
        """What `concerns` never lets by."""
        if match["tcp"] == "rst":
            never("tcp rst: it has ended its connection; tcp may be syn, syn-ack, ack or fin")
        if match["tcp"] == "syn" and self._to == "receiver":
            never("tcp syn: its receiver has no connection yet; to may be sender or both")
        if match["fragment"] == "later":
            never("fragment later: it shows no connection; fragment may be any, first or none")

    def concerns(self, packet: Packet) -> bool:
        """Only what has a connection to reset: an RST has ended it, a SYN's receiver has none."""
        if packet.payload_at == packet.transport_at or packet.flags & RST:
            return False
        return self._to != "receiver" or not _opens(packet)

    def act(self, transit: Transit, draw: Draw) -> Effect:
        """Put an RST in the segment's place, and send one back."""
        del draw
        packet = transit.packet
        if self._to != "sender" and not _opens(packet):
            due, _ = self._come[key(packet)]
            transit.data = craft.reset_to_receiver(packet, due)
        transit.lost = transit.data is None
        if self._to != "receiver":
            transit.reply(craft.reset_to_sender(packet))
            self._remember(packet)
        return Effect(f"reset to {self._to}")

    def _remember(self, packet: Packet) -> None:
        if _opens(packet):  # who only asks for a connection always accepts the answer
            return
        _put(self._told, key(packet), None)

    def needs_segments(self, superpacket: Superpacket) -> bool:
        """Those of a connection that has been reset are answered one by one."""
        return bool(self._told) and key(superpacket.packet) in self._told

    def follows(self, transit: Transit) -> Effect | None:
        """Tell a sender again that has not accepted: its last segment names what it waits for."""
        packet = transit.packet
        if self._to != "sender":
            self._follow(packet)
        if not self._told or (known_by := key(packet)) not in self._told:
            return None
        if packet.flags & (SYN | RST):  # another connection, or this one's end
            del self._told[known_by]
            return None
        transit.lost = True
        transit.reply(craft.reset_to_sender(packet))
        return Effect(DROPPED, "its connection has been reset")

    def _follow(self, packet: Packet) -> None:
        """Take note of how far the flow has come, which a segment sent again does not change."""
        if packet.protocol != TCP:  # others come by for other faults
            return
        if packet.payload_at == packet.transport_at or packet.flags & RST:
            return
        begin, known_by = packet.sequence, key(packet)
        controls = bool(packet.flags & (SYN | FIN))
        end = sequence.after(begin, packet.payload_length + controls)
        _, before = self._come.get(known_by, (begin, begin))
        if packet.flags & SYN:
            before = begin
        is_further = sequence.distance(end, before) >= 0
        _put(self._come, known_by, (before, end if is_further else before))


def _put(flows: OrderedDict[Key, Any], known_by: Key, value: Any) -> None:
    if known_by not in flows and len(flows) >= MOST_FLOWS:
        flows.popitem(last=False)
    flows[known_by] = value


def _opens(packet: Packet) -> bool:
    return packet.flags & (SYN | ACK) == SYN
