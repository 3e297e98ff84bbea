"""What stands beside the picture where something is chosen: terms, and what they are. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from lab.evidence.text import plain
from lab.report.call_text import counted, duration
from lab.report.hosts import names_by_address
from lab.report.model import Call, Fault, Log, Note, Printed, Program, Run
from lab.report.row_text import clock, links_words
from lab.report.traced_call import Traced
from lab.report.traced_detail import Detail, traced_detail


def details(run: Run, traced: Iterable[Traced]) -> Iterable[tuple[str, Detail]]:
    """Yield them by the keys of the page; `traced` are the traced calls that it has."""
    names = names_by_address(run.addresses)
    yield from ((one.key, traced_detail(one, run, names)) for one in traced)
    connections = [one.label for one in run.connections]
    yield from ((f"c{one.number}", _call(one, run, connections)) for one in run.calls)
    yield from ((f"g{one.number}", _program(one, run)) for one in run.programs)
    yield from ((f"f{one.number}", _fault(one, run)) for one in run.faults)
    yield from ((f"l{one.number}", _log(one, run)) for one in run.logs)
    yield from ((f"o{one.number}", _printed(one, run)) for one in run.printed)
    yield from ((f"n{one.number}", _note(one, run)) for one in run.notes)


def _at(time_ns: int, run: Run) -> str:
    return f"{clock(time_ns - run.began_ns)} s"


def _call(call: Call, run: Run, connections: list[str]) -> Detail:
    lasted = call.looked_ns if call.ended_ns is None else call.ended_ns
    given = [(name, _text(value)) for name, value in call.arguments.items() if name != "as"]
    return [
        ("Call", f"{call.host}: {call.name}"),
        ("Result", call.result if call.value is None else _text(call.value)),
        ("Expected", call.expected),
        ("Verdict", call.verdict or ""),
        ("Began", _at(call.began_ns, run)),
        ("Lasted", duration(lasted - call.began_ns) + ("" if call.ended_ns else " and went on")),
        *given,
        ("raised", str(call.raised or "")),
        ("Connection", "" if call.connection is None else connections[call.connection]),
        ("Packets", str(len(call.packets)) if call.packets else ""),
    ]


def _program(program: Program, run: Run) -> Detail:
    status = "has not ended" if program.exit_status is None else str(program.exit_status)
    return [
        ("Program", f"{program.host}: {' '.join(program.argv)}"),
        ("Environment", "\n".join(f"{name}={value}" for name, value in program.environment)),
        ("Exit status", status),
        ("Began", _at(program.began_ns, run)),
        ("Output", program.output),
        ("Errors", program.errors),
    ]


def _fault(fault: Fault, run: Run) -> Detail:
    return [
        ("Fault", fault.name),
        ("What", fault.what),
        ("Where", links_words(fault.links) or fault.host),
        ("From", _at(fault.on_ns, run)),
        ("Until", "" if fault.off_ns is None or fault.is_moment else _at(fault.off_ns, run)),
        ("Matched", "" if fault.matched is None else counted(fault.matched, fault.unit)),
        ("Acted on", "" if fault.acted is None else counted(fault.acted, fault.unit)),
        ("In force as", fault.said),
    ]


def _log(log: Log, run: Run) -> Detail:
    return [
        ("Syslog line", log.message),
        ("Host", log.host),
        ("Program", log.ident if log.pid is None else f"{log.ident}[{log.pid}]"),
        ("Priority", log.priority),
        ("Time", _at(log.time_ns, run)),
    ]


def _printed(printed: Printed, run: Run) -> Detail:
    return [
        ("Printed", printed.text),
        ("Host", printed.host),
        ("Output", printed.stream),
        ("Time", _at(printed.time_ns, run)),
    ]


def _note(note: Note, run: Run) -> Detail:
    return [("The lab", note.text), ("Host", note.host), ("Time", _at(note.time_ns, run))]


def _text(value: Any) -> str:
    value = plain(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_text(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return str(value)
