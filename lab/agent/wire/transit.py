"""One packet on its way over a link: what the faults have made of it so far. Plain data, no I/O."""

from collections.abc import Sequence
from typing import Any

from lab.net.fate import Effect
from lab.net.packet import Packet, parse


class Transit:
    """A packet between its arrival at the wire and its delivery.

    Times are nanoseconds of one monotonic clock. `at_ns` is when the packet is due where it has
    got to; a delay adds to it, so that delays add up exactly, however late the timers are. A fault
    that has raised it keeps the packet until then.

    A fault may `split` a packet: the pieces are packets of their own from then on, for the faults
    after it and for the receiver. The first has the `id` of the whole, by which the kernel knows
    it; those of the others are empty, and the wire sends them. `whole` is what they were cut from.
    """

    __slots__ = (
        *("__weakref__", "actions", "arrived_ns", "at_ns", "data", "duplicates", "faults"),
        *("gap_ns", "id", "lost", "packet", "pieces", "position", "replies", "ticket", "whole"),
    )
    # What a superpacket and its segments say of themselves (`superpacket`).
    segments = 1
    is_refused = False
    is_segment = False

    def __init__(self, id_: bytes, packet: Packet, faults: tuple[Any, ...], now_ns: int) -> None:
        self.id = id_
        self.packet = packet
        self.arrived_ns = now_ns
        self.at_ns = now_ns
        # The faults of its link when it came, and how many of them it has passed.
        self.faults = faults
        self.position = 0
        self.lost = False
        self.ticket = 0  # what the pipeline's queue knows it by
        # Delivered in place of the packet's own bytes.
        self.data: bytes | None = None
        self.duplicates = 0  # delivered besides
        self.replies: list[bytes] = []  # sent back to where it came from
        # What each fault did to it: (fault, effect).
        self.actions: list[tuple[Any, Effect]] = []
        self.pieces: Sequence[bytes] = ()  # to be delivered in its place, once it is split
        self.gap_ns = 0
        self.whole: Transit | None = None

    @property
    def all_bytes(self) -> int:
        """Its bytes on the line."""
        return self.packet.length

    @property
    def current(self) -> Packet:
        """The packet as earlier faults have left it."""
        return self.packet if self.data is None else parse(self.data)

    def reply(self, data: bytes | None) -> bool:
        """Send a packet back to where this one came from; tell whether there is one."""
        if data is not None:
            self.replies.append(data)
        return data is not None

    def split(self) -> "list[Transit]":
        """Become the first of `pieces`; return the others, each due `gap_ns` after the one before.

        At least one piece is needed, and each is a whole IP packet.
        """
        whole = self.whole = Transit(self.id, self.packet, self.faults, self.arrived_ns)
        whole.actions = self.actions
        first, *rest = self.pieces
        self.pieces = ()
        self.actions = list(self.actions)
        self.packet, self.data = parse(first), first
        others = []
        for number, data in enumerate(rest, 1):
            piece = Transit(b"", parse(data), self.faults, self.arrived_ns)
            piece.at_ns = self.at_ns + number * self.gap_ns
            piece.position = self.position
            piece.data = data
            piece.actions = list(self.actions)
            piece.whole = whole
            others.append(piece)
        return others
