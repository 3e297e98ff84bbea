"""Which packets belong together, and how many bytes of a flow came before a packet.

A flow is what goes from one address and port to another, over one protocol. It is known by the
order in which flows were first seen, not by its port numbers, which differ from run to run. A SYN
with a new sequence number begins a new flow, also between the same ports (RFC 9293, 3.8.1).
"""

from collections import OrderedDict

from lab.net import sequence
from lab.net.packet import SYN, TCP, Packet

# What is remembered at once; beyond it the oldest is forgotten, and counts from one again.
MOST_FLOWS = 65_536


Key = tuple[object, ...]


def key(packet: Packet) -> Key:
    """Return what the packets of a flow have in common."""
    ports = (packet.source_port, packet.destination_port)
    return (packet.protocol, packet.source, packet.destination, *ports)


class Counter:
    """Counts packets, for a flow or for all together, and remembers what a selection needs."""

    __slots__ = ("in_burst", "ordinal", "packets", "skipped")

    def __init__(self, ordinal: int) -> None:
        self.ordinal = ordinal
        self.packets = 0
        self.skipped = 0  # before the first byte that counts
        self.in_burst = False


class Flow(Counter):
    """A flow; its ordinal is its place in the order in which flows were first seen.

    One that is first seen without its SYN counts as having had a packet at `since_ns`.
    """

    __slots__ = ("_end", "_isn", "_last_ns", "silence_ns")

    def __init__(self, ordinal: int, first: Packet, since_ns: int = 0) -> None:
        super().__init__(ordinal)
        self._last_ns = since_ns
        self.silence_ns = 0  # how long it was without a packet, once it is forgotten
        self._end = 0  # the payload's bytes so far
        self._isn = first.sequence if first.flags & SYN else sequence.after(first.sequence, -1)

    def begins_with(self, packet: Packet) -> bool:
        """Tell whether a SYN is this flow's own (again), and not a new connection's."""
        return packet.sequence == self._isn

    def is_forgotten(self, packet: Packet, at_ns: int, idle_ns: int) -> bool:
        """Tell whether it was without a packet for longer, and has not begun anew since.

        Call it for every packet, in order. A SYN begins it anew, also one that is sent again. What
        shows no TCP header (a later fragment) is of no connection.
        """
        if packet.payload_at == packet.transport_at:
            return False
        if packet.flags & SYN:
            self.silence_ns = 0
        elif not self.silence_ns and at_ns - self._last_ns > idle_ns:
            self.silence_ns = at_ns - self._last_ns
        self._last_ns = at_ns
        return self.silence_ns > 0

    def bytes_up_to(self, packet: Packet) -> int:
        """Return the payload bytes of the flow up to this packet's last one; call it in order.

        Of TCP the sequence numbers tell, so what is sent again is not counted again.
        """
        length = packet.length - packet.payload_at
        if packet.protocol != TCP:
            self._end += length
            return self._end
        syn = 1 if packet.flags & SYN else 0
        begin = packet.sequence + syn - self._isn - 1
        # Of the places that such a number can mean, the one nearest to the end of what came.
        end = self._end + sequence.distance(begin, self._end) + length
        if length:
            self._end = max(self._end, end)
        return end


class Flows:
    """The flows that a fault has seen, which began to look at `since_ns`."""

    def __init__(self, since_ns: int = 0) -> None:
        self._since_ns = since_ns
        # Ordered, and not a dict: that takes long to find its first after others have gone.
        self._flows: OrderedDict[Key, Flow] = OrderedDict()
        self._seen = 0

    def of(self, packet: Packet) -> Flow:
        """Return the packet's flow."""
        known_by = key(packet)
        flow = self._flows.get(known_by)
        opens = packet.flags & SYN
        if flow is None or (opens and not flow.begins_with(packet)):
            self._flows.pop(known_by, None)
            if len(self._flows) >= MOST_FLOWS:
                self._flows.popitem(last=False)
            flow = self._flows[known_by] = Flow(self._seen, packet, self._since_ns)
            self._seen += 1
        return flow
