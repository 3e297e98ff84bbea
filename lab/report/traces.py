"""Reads the calls of traced programs out of a run's events, each with its program."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from lab.agent.tracing.matching import is_named
from lab.evidence.events import ProgramCall, TraceNotice, TraceOff, TraceOn
from lab.report import call_fault_text
from lab.report.model import Fault, Program
from lab.report.traced_call import TracedCall

_NOTICES = {
    "io_uring": "unseen: what {} calls through io_uring",
    "ptrace": "unseen: calls of what {} itself traces",
    "architecture": "unseen: calls of {}, of another architecture",
    "unfiltered": "{} runs slower: each of its system calls is looked at, of files, too",
    "no_new_privileges": "set-user-ID programs that {} runs have no rights by that",
    "untraced": "unseen: calls of a program{}, which could not be traced",
}
_UNSEEN = frozenset({"io_uring", "ptrace", "architecture", "untraced"})
_ENDED = {
    "released": "the trace of {} ends: it goes on",
    "exited": "the trace of {} ends with it",
    "lost": "unseen: calls of {} from now on, as its tracer has ended",
}


def notice_words(notice: TraceNotice) -> tuple[str, bool]:
    """Return a notice as a sentence, and whether it says that calls are not seen."""
    words = _NOTICES.get(notice.subject, f"{{}}: {notice.subject}").format(notice.program)
    detail = f": {notice.detail}" if notice.detail else ""
    return f"{words} (trace of process {notice.pid}{detail})", notice.subject in _UNSEEN


def trace_words(event: TraceOn | TraceOff) -> tuple[str, bool]:
    """Return the begin or end of a trace as a sentence, and whether calls are missed for it."""
    if isinstance(event, TraceOn):
        return f"the trace of {event.program} (process {event.pid}) begins: it ran before", False
    words = _ENDED[event.why].format(f"{event.program} (process {event.pid})")
    return words, event.why == "lost"


def traced_calls(
    found: Iterable[ProgramCall], programs: Sequence[Program], faults: Iterable[Fault] = ()
) -> list[TracedCall]:
    """Return the calls in the order in which they began, each with the program that made it.

    And with the fault that acted on it, if one did.
    """
    ordered = sorted(found, key=lambda one: one.began_ns)
    matcher = _Matcher(programs)
    calls = [TracedCall.of(number, one, matcher.program(one)) for number, one in enumerate(ordered)]
    by_id: dict[str, list[Fault]] = {}
    for fault in faults:
        by_id.setdefault(fault.call_id, []).append(fault)
    return [_with_fault(one, by_id) if one.event.fault else one for one in calls]


def _with_fault(call: TracedCall, by_id: Mapping[str, Sequence[Fault]]) -> TracedCall:
    """Return the call with the fault that acted on it."""
    there = by_id.get(call.event.fault or "", ())
    if not there:
        return replace(call, fault=call.event.fault or "")
    # A host that has started again counts its faults anew.
    fault = ([one for one in there if one.on_ns <= call.looked_ns] or there[:1])[-1]
    is_made = fault.kind != call_fault_text.ERRNO
    return replace(call, fault=fault.name, fault_number=fault.number, is_made=is_made)


class _Matcher:
    """Finds the program of a call: by the step or the name that it was started under, or in time.

    What a test runs has neither: then the newest program that was there, best one of that name.
    """

    def __init__(self, programs: Sequence[Program]) -> None:
        self._programs: dict[str, list[Program]] = {}
        for one in sorted(programs, key=lambda one: one.began_ns):
            self._programs.setdefault(one.host, []).append(one)
        self._of_process: dict[tuple[str, int], Program] = {}

    def program(self, call: ProgramCall) -> int | None:
        """Return its number; None where there is none."""
        if call.attached is not None:  # of one that ran already
            return None
        before = self._of_process.get((call.host, call.pid))
        if before and self._fits(before, call):
            return before.number
        fitting = [one for one in self._programs.get(call.host, []) if self._fits(one, call)]
        there = [one for one in fitting if _was_there(one, call)] or fitting
        named = [one for one in there if _is_of(one, call.program)] or there
        if not named:
            return None
        self._of_process[call.host, call.pid] = named[-1]
        return named[-1].number

    def _fits(self, program: Program, call: ProgramCall) -> bool:
        if call.name is not None:
            return program.name == call.name
        if call.step is not None:
            return program.step == call.step
        return _was_there(program, call)


def _was_there(program: Program, call: ProgramCall) -> bool:
    ended_ns = program.looked_ns if program.ended_ns is None else program.ended_ns
    return program.began_ns <= call.began_ns <= ended_ns


def _is_of(program: Program, executable: str) -> bool:
    name = PurePosixPath(program.argv[0]).name if program.argv else ""
    return bool(name) and is_named(name, executable)
