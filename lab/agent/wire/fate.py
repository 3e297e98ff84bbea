"""What has become of a packet, in words for people. Pure: no I/O."""

from lab.agent.wire.fault import Fault, words
from lab.agent.wire.transit import Transit
from lab.net.packet import parse


def settled(passage: Transit, host: str, late_ns: int) -> str:
    """Return the fate of a packet and the faults that made it, in one line.

    `host` is the wire's; `late_ns` is how long the packet was held up there, 0 for one that went on
    at once.

        dropped by fault server/3 (drop tcp=syn first=1)
        delivered 50.1 ms late: delayed 50.000 ms by fault server/2 (delay delay_ms=50)
        delivered 2 times: 2 times by fault server/4 (duplicate)
    """
    notes = [f"{text} by {_named(fault, host)}" for fault, text in passage.notes]
    if passage.lost:
        fault, text = passage.notes[-1]
        what, colon, why = text.partition(": ")
        fate = f"dropped by {_named(fault, host)}{colon}{why}"
        if what != "dropped":
            fate = f"not delivered: {notes[-1]}"
        notes.pop()
    else:
        late = f" {late_ns / 1e6:.1f} ms late" if late_ns else ""
        changed = "" if passage.data is None else " changed"
        times = f" {passage.copies + 1} times" if passage.copies else ""
        fate = f"delivered{late}{changed}{times}"
    return _with(fate, notes) + _answers(passage)


def waiting(passage: Transit, host: str) -> str:
    """Return what holds up a packet that is still on the wire."""
    notes = [f"{text} by {_named(fault, host)}" for fault, text in passage.notes]
    return _with("still held", notes) + _answers(passage)


def _with(fate: str, notes: list[str]) -> str:
    return ": ".join([fate, "; ".join(notes)]) if notes else fate


def _named(fault: Fault, host: str) -> str:
    return f"fault {host}/{fault.number} ({words(fault.name, fault.asked)})"


def _answers(passage: Transit) -> str:
    return "".join(f"; answered with {parse(data).summary()}" for data in passage.replies)
