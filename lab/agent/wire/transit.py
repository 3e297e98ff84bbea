"""One packet's way over a link: what the faults have made of it so far. Plain data, no I/O."""

from typing import Any

from lab.net.packet import Packet


class Transit:
    """A packet between its arrival at the wire and its delivery.

    Times are nanoseconds of one monotonic clock. `at_ns` is when the packet is due where it has
    got to; a delay adds to it, so that delays add up exactly, however late the timers are. A fault
    that has raised it keeps the packet until then.
    """

    __slots__ = (
        *("arrived_ns", "at_ns", "copies", "data", "faults", "id", "lost", "notes", "packet"),
        *("position", "replies", "ticket"),
    )

    def __init__(self, id_: bytes, packet: Packet, faults: tuple[Any, ...], now_ns: int) -> None:
        self.id = id_
        self.packet = packet
        self.arrived_ns = now_ns
        self.at_ns = now_ns
        # The faults of its link when it came, and how many of them it has passed.
        self.faults = faults
        self.position = 0
        self.lost = False
        self.ticket = 0  # what the waiting line knows it by
        # Delivered in place of the packet's own bytes.
        self.data: bytes | None = None
        self.copies = 0  # delivered besides
        self.replies: list[bytes] = []  # sent back to where it came from
        # What befell it, for people: (fault, words).
        self.notes: list[tuple[Any, str]] = []

    def reply(self, data: bytes | None) -> bool:
        """Send a packet back to where this one came from; tell whether there is one."""
        if data is not None:
            self.replies.append(data)
        return data is not None
