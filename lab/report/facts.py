"""The table of all facts: everything that happened, in full, for who does not see the picture.

It is made of the run, not of the picture's rows: those may be groups, and their texts are cut.
"""

from collections.abc import Iterator
from typing import NamedTuple

from lab.net.fate import DELIVERED
from lab.report.arrows import fate_words, marks
from lab.report.call_text import duration
from lab.report.entries import Kind
from lab.report.hosts import names_by_address
from lab.report.model import Call, Packet, Program, Run
from lab.report.row_text import acted_words, clock, links_words
from lab.report.traced_text import parts as traced_parts
from lab.report.traced_values import thread_words

MOST_PACKETS = 400  # more than these are there only when the script is asked for them
MOST_TRACED = 1000  # of programs' calls, folded where they are in the picture; more are not there


class Fact(NamedTuple):
    """A line of the table."""

    time_ns: int
    time: str
    kind: str
    where: str
    what: str
    came: str = ""


def facts(run: Run) -> list[Fact]:
    """Return the lines, in the order of time."""
    return sorted(_facts(run), key=lambda fact: fact.time_ns)


def _facts(run: Run) -> Iterator[Fact]:
    def at(time_ns: int, kind: str, where: str, what: str, came: str = "") -> Fact:
        return Fact(time_ns, clock(time_ns - run.began_ns), kind, where, what, came)

    for call in run.calls:
        yield at(call.began_ns, "call", call.host, f"{call.name} {call.asked}".strip(), _came(call))
    yield from _of_traced(run)
    for program in run.programs:
        yield at(program.began_ns, "program", program.host, program.line, _ended(program))
    for packet in run.packets[:MOST_PACKETS]:
        yield at(packet.time_ns, "packet", *_of_packet(packet))
    for fault in run.faults:
        where = links_words(fault.links) or fault.host
        yield at(fault.on_ns, "fault", where, f"{fault.name}: {fault.what}")
        if fault.off_ns is not None and not fault.is_moment:
            kind = "fault, to the end" if fault.to_end else "fault lifted"
            yield at(fault.off_ns, kind, where, fault.name, acted_words(fault))
    for log in run.logs:
        pid = "" if log.pid is None else f"[{log.pid}]"
        yield at(log.time_ns, "log", log.host, f"{log.ident}{pid}: {log.message}")
    for printed in run.printed:
        yield at(printed.time_ns, f"printed, {printed.stream}", printed.host, printed.text)
    for note in run.notes:
        yield at(note.time_ns, "note", note.host, note.text)


def _of_traced(run: Run) -> Iterator[Fact]:
    names = names_by_address(run.addresses)
    for one in run.traced[:MOST_TRACED]:
        words = [word for word in traced_parts(one, Kind.TRACED, names, whole=True) if word[1]]
        at = next((n for n, word in enumerate(words) if word[0] == "arrow"), len(words))
        what, came = (" ".join(word for _, word in some) for some in (words[:at], words[at + 1 :]))
        event = one.calls[0].event
        who = f"{one.host}: {event.program} {thread_words(one.calls[0])}"
        time = clock(one.began_ns - run.began_ns)
        yield Fact(one.began_ns, time, "call of program", who, what.removeprefix("+ "), came)


def _came(call: Call) -> str:
    if call.ended_ns is None:
        waited = duration(call.looked_ns - call.began_ns)
        return f"still waiting after {waited}, when the lab stopped looking"
    return f"{call.raised or call.came}, after {duration(call.ended_ns - call.began_ns)}"


def _ended(program: Program) -> str:
    if program.exit_status is None or program.ended_ns is None:
        return "has not ended"
    lasted = duration(program.ended_ns - program.began_ns)
    return f"exit status {program.exit_status}, after {lasted}"


def _of_packet(packet: Packet) -> tuple[str, str, str]:
    """Return where it went, what it is, and what came of it; the script says it in the same way."""
    what = ", ".join(one for one in (packet.label, marks(packet)) if one)
    by = f" by {packet.fault}" if packet.fault else ""
    way = f"{packet.source} \N{RIGHTWARDS ARROW} {packet.target}"
    return way, what, f"{fate_words(packet) or DELIVERED}{by}"
