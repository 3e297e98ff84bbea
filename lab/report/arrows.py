"""A packet as an arrow: from where to where, how it ends, and what is written on it. Pure.

The script of the page draws the packets of unfolded groups in the same way, with these measures.
"""

from dataclasses import dataclass, replace

from lab.net.fate import CHANGED, DELIVERED, DROPPED, DUPLICATE, HELD, LATE
from lab.report.geometry import LOOP, RAIL, Lanes
from lab.report.model import Packet

TEXT_Y, BEGIN_Y, END_Y, LATE_Y = 11, 18, 21, 24
LOOP_Y = 9  # where that of a host to itself begins
# How far a packet that never came got, as a part of the way.
LOST_AT, HELD_AT = 0.56, 0.8


@dataclass(frozen=True, slots=True)
class Arrow:
    """Coordinates within the row; `end` is head, cross or stop; `fates` are words of the model."""

    x1: int
    y1: int
    x2: int
    y2: int
    end: str
    fates: tuple[str, ...]
    text_x: int
    anchor: str
    room: int = 0  # how wide its text can be
    turn: int | None = None  # where that of a host to itself turns back


def arrow(packet: Packet, lanes: Lanes, *, across: bool = False) -> Arrow | None:
    """Return the arrow of a packet; None where one of its hosts has no lane.

    `across`: it ends in another row, so its text stands where it begins.
    """
    begin, end = lanes.x(packet.source), lanes.x(packet.target)
    if begin is None or end is None:
        return None
    if begin == end:
        return _loop(packet, lanes, across=across)
    sign = 1 if end > begin else -1
    x1, x2 = begin + sign * RAIL, end - sign * RAIL
    (middle, room), ending, y2 = lanes.beside(packet.source, packet.target), "head", END_Y
    if DROPPED in packet.fates:
        x2, ending = x1 + round((x2 - x1) * LOST_AT), "cross"
    elif HELD in packet.fates:
        x2, ending = x1 + round((x2 - x1) * HELD_AT), "stop"
    elif LATE in packet.fates and not across:
        y2 = LATE_Y
    anchor = "middle"
    if across:
        edge = middle - sign * room // 2
        middle, anchor = edge, "start" if sign > 0 else "end"
    return Arrow(x1, BEGIN_Y, x2, y2, ending, packet.fates, middle, anchor, room)


def _loop(packet: Packet, lanes: Lanes, *, across: bool) -> Arrow:
    """Return the arrow of a host to itself: out of its lane, and back.

    `across`: it comes back in another row, from where it turns.
    """
    sign, x = lanes.side(packet.source), lanes.x(packet.source) or 0
    begin, turn = x + sign * RAIL, x + sign * (RAIL + LOOP)
    x2, y2, ending = begin, END_Y, "head"
    if DROPPED in packet.fates or HELD in packet.fates:
        x2, y2, ending = turn, LOOP_Y, "cross" if DROPPED in packet.fates else "stop"
    elif LATE in packet.fates and not across:
        y2 = LATE_Y
    text_x, anchor, room = lanes.loop_words(packet.source)
    return Arrow(begin, LOOP_Y, x2, y2, ending, packet.fates, text_x, anchor, room, turn)


def lower(drawn: Arrow, by: int) -> Arrow:
    """Return an arrow under a text of more than one line."""
    return replace(drawn, y1=drawn.y1 + by, y2=drawn.y2 + by)


def fate_words(packet: Packet) -> str:
    """Return what became of a packet, in a few words; "" for one that was just delivered."""
    words = []
    if DROPPED in packet.fates:
        words.append(packet.ended or DROPPED)
    if HELD in packet.fates:
        words.append("still held at the end")
    if LATE in packet.fates:
        words.append(f"{_milliseconds(packet.late_ms)} late")
    if CHANGED in packet.fates:
        became = [mark for mark in packet.marks if mark.startswith("became")]
        words.append(became[0] if became else "changed")
    if DUPLICATE in packet.fates:
        words.append(f"delivered {packet.times} times")
    return ", ".join(words)


def marks(packet: Packet) -> str:
    """Return the other words on it: `retransmission`."""
    return ", ".join(mark for mark in packet.marks if not mark.startswith("became"))


def spoken(packet: Packet) -> str:
    """Return it for a reader who does not see the arrow."""
    words = [f"{packet.source} to {packet.target}: {packet.label}"]
    words += [one for one in (marks(packet), fate_words(packet) or DELIVERED) if one]
    words += [f"by fault {packet.fault}"] if packet.fault else []
    return ", ".join(words)


def _milliseconds(late_ms: float) -> str:
    return f"{late_ms / 1000:.2f} s" if late_ms >= 1000 else f"{late_ms:.3g} ms"
