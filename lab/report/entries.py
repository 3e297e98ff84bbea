"""What a row of the picture shows: one thing that happened, or a group of them. Data, no more."""

from enum import StrEnum
from typing import NamedTuple

from lab.report.model import Call, Fault, Log, Note, Packet, Printed, Program
from lab.report.traced_call import FoldedCalls, Traced, TracedCall


class Kind(StrEnum):
    """What a row shows. A call that other things come between has a row for each of its ends."""

    CALL = "call"
    CALL_BEGIN = "call-begin"
    CALL_END = "call-end"
    PROGRAM_BEGIN = "program-begin"
    PROGRAM_END = "program-end"
    PROGRAM = "program"
    TRACED = "traced"
    TRACED_BEGIN = "traced-begin"
    TRACED_END = "traced-end"
    PACKET = "packet"
    ARRIVAL = "arrival"
    GROUP = "group"
    TRANSFER = "transfer"
    FAULT_ON = "fault-on"
    FAULT_OFF = "fault-off"
    LOG = "log"
    PRINTED = "printed"
    NOTE = "note"


HEIGHTS = {
    **{Kind.CALL: 26, Kind.CALL_BEGIN: 26, Kind.CALL_END: 26},
    **{Kind.PROGRAM: 26, Kind.PROGRAM_BEGIN: 26, Kind.PROGRAM_END: 26},
    **{Kind.TRACED: 22, Kind.TRACED_BEGIN: 22, Kind.TRACED_END: 22},
    **{Kind.PACKET: 28, Kind.ARRIVAL: 12, Kind.GROUP: 38, Kind.TRANSFER: 38},
    **{Kind.FAULT_ON: 42, Kind.FAULT_OFF: 26, Kind.LOG: 24, Kind.NOTE: 24},
    Kind.PRINTED: 24,
}

Thing = Call | Traced | Program | Packet | Fault | Log | Printed | Note


class Entry(NamedTuple):
    """A row; a group stands for `packets`, and for the rows `inside` where calls are many, too.

    A transfer stands for `packets`, and opens into the rows `parts`. Of the calls of programs that
    a group or a fold stands for, `traced`, those are inside that the page has.
    """

    time_ns: int
    kind: Kind
    thing: Thing
    packets: tuple[Packet, ...] = ()
    inside: tuple["Entry", ...] = ()
    parts: tuple["Entry", ...] = ()
    traced: tuple[TracedCall, ...] = ()

    @property
    def calls(self) -> int:
        """How many calls a group stands for."""
        own = {one.thing.number for one in self.inside if isinstance(one.thing, Call)}
        return len(own) + len(self.traced)

    @property
    def elsewhere(self) -> int:
        """How many of them are only in the events."""
        inside = [one for one in self.inside if isinstance(one.thing, Traced)]
        there = sum(len(one.inside or (one,)) for one in inside)
        return len(self.traced) - there

    @property
    def until_ns(self) -> int:
        """Until when something happens in the row itself: of a group, its last packet or call."""
        inner = [one.until_ns for one in self.inside]
        if isinstance(self.thing, FoldedCalls) and self.kind is not Kind.TRACED_END:
            inner.append(self.thing.calls[-1].began_ns)
        return max([self.time_ns, *(one.time_ns for one in self.packets[-1:]), *inner])

    @property
    def key(self) -> str:
        """What the row is called on the page; the two of one call differ."""
        letter = {Call: "c", Program: "g", Packet: "p", Fault: "f", Log: "l", Note: "n"}
        letter |= {Printed: "o", TracedCall: "x", FoldedCalls: "y"}
        ending = {Kind.CALL_END: "e", Kind.PROGRAM_END: "e", Kind.FAULT_OFF: "e"}
        ending |= {Kind.TRACED_END: "e"}
        ending |= {Kind.ARRIVAL: "a", Kind.GROUP: "s", Kind.TRANSFER: "t"}
        return f"{letter[type(self.thing)]}{self.thing.number}{ending.get(self.kind, '')}"
