"""Gives the kernel the word on packets of both queues, in order, and sends what goes with them."""

from collections.abc import Sequence

from lab.agent.wire.injection import Injector
from lab.agent.wire.nfqueue import Queue
from lab.agent.wire.transit import Transit


class Delivery:
    """What has become of packets becomes true here."""

    def __init__(self, packets: Queue, segments: Queue, injector: Injector) -> None:
        self._packets = packets
        self._segments = segments
        self._injector = injector

    def deliver(self, transits: Sequence[Transit]) -> None:
        """Let packets go on or vanish, in this order; it is done when this returns."""
        queue = self._packets
        for transit in transits:
            if transit.is_segment is not (queue is self._segments):
                queue.flush()  # what came before it first
                queue = self._segments if transit.is_segment else self._packets
            if not transit.id:
                queue.flush()
                self._deliver_piece(transit)
            elif transit.lost:
                queue.drop(transit.id)
            else:
                queue.accept(transit.id, transit.data)
            if transit.duplicates or transit.replies:
                queue.flush()  # the packet itself first
                self._inject(transit)
        queue.flush()

    def _deliver_piece(self, piece: Transit) -> None:
        """Deliver a piece of a packet, of which the kernel's queue knows only the first."""
        if not piece.lost and piece.data is not None:
            piece.lost = not self._injector.deliver(piece.data)

    def _inject(self, transit: Transit) -> None:
        """Send what goes with a packet; what the kernel refuses has not come of it."""
        data = transit.packet.data if transit.data is None else transit.data
        copies = 0 if transit.lost else transit.duplicates
        transit.duplicates = sum(self._injector.deliver(data) for _ in range(copies))
        transit.replies = [reply for reply in transit.replies if self._injector.answer(reply)]
