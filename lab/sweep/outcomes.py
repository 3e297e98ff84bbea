"""Sorts what became of a run, beside what becomes of one in which nothing fails. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lab.errors import UsageError
from lab.evidence.verdict import Verdict
from lab.sweep.observed import Observed, ProgramEnd

_LATE_S = 0.1  # what a busy machine adds to a run
_LATE_TIMES = 2.0
_FLOOD_SYNS = 20  # connections that a good client may try beside those of a clean run
_MOST_SHOWN = 80


class OutcomeKind(StrEnum):
    """What became of a run, the worst first."""

    HANG = "hang"
    CRASH = "crash"
    WRONG_OUTPUT = "wrong output"
    DEAF = "deaf"
    FLOOD = "flood"
    UNCLEAR = "unclear"
    ERROR = "error"
    LATE = "late"
    SAME = "same"

    @property
    def rank(self) -> int:
        """Its place among all: the worst has 0."""
        return list(OutcomeKind).index(self)


HELP = {
    OutcomeKind.HANG: "a program has not ended in time",
    OutcomeKind.CRASH: "a signal or an unhandled exception ended a program, or a server has ended",
    OutcomeKind.WRONG_OUTPUT: "a program ended well, and printed something else",
    OutcomeKind.DEAF: "the next exchange, without a fault, did not go as it should",
    OutcomeKind.FLOOD: f"a program began more than {_FLOOD_SYNS} more connections",
    OutcomeKind.UNCLEAR: "the run's evidence shows nothing; no break",
    OutcomeKind.ERROR: "a program reported an error and ended",
    OutcomeKind.LATE: "as in the clean runs, but later",
    OutcomeKind.SAME: "as in the clean runs",
}
# What a good program may come to: one that survives, and one that reports.
SURVIVES = frozenset({OutcomeKind.SAME, OutcomeKind.LATE})
REPORTS = SURVIVES | {OutcomeKind.ERROR}


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """What a run came to; `program` is the host of the program that it is about, "" if of none."""

    kind: OutcomeKind
    program: str = ""
    detail: str = ""
    late_s: float = 0.0


class Baseline:
    """What clean runs have in common. UsageError where they do not end as runs should."""

    def __init__(self, runs: Sequence[Observed], *, again: bool) -> None:
        """With `again` the last program without a name is a second exchange."""
        self._again = again
        first = runs[0]
        for run in runs:
            if run.verdict is not Verdict.PASS:
                raise UsageError(f"without any fault the run is {run.verdict} ({run.failed})")
            for program in run.programs:
                if program.is_crash:
                    text = f"without any fault {program.host} crashes: {program.last_words}"
                    raise UsageError(text)
        self._outputs = {
            (one.host, one.name): one.output
            for one in first.programs
            if all(_of(run, one).output == one.output for run in runs)
        }
        self._ends = {(one.host, one.name): one for one in first.programs}
        self._took_s = {
            (one.host, one.name): max(_of(run, one).took_s for run in runs)
            for one in first.programs
        }
        self._syns = max(run.syns for run in runs)

    @property
    def outputs(self) -> Mapping[tuple[str, str], str]:
        """What programs print, by host and name, where it is the same in all clean runs."""
        return self._outputs

    @property
    def varying(self) -> list[str]:
        """The hosts of programs whose output is not the same in all clean runs."""
        return sorted({host for host, name in self._ends if (host, name) not in self._outputs})

    @property
    def took_s(self) -> float:
        """How long the exchange takes, at the most."""
        ended = [s for key, s in self._took_s.items() if self._ends[key].exit_status is not None]
        return max(ended, default=0.0)

    def outcome(self, run: Observed) -> TrialOutcome:
        """Return what a run came to: the worst of what can be said of it."""
        return min(self._all(run), key=lambda one: one.kind.rank)

    def _all(self, run: Observed) -> Iterator[TrialOutcome]:
        yield TrialOutcome(OutcomeKind.SAME)
        if run.verdict is Verdict.UNKNOWN:
            yield TrialOutcome(OutcomeKind.UNCLEAR, detail=run.failed)
        unnamed = [one for one in run.programs if one.name.isdigit()]
        again = unnamed[1:] if self._again else []
        failed = False
        for program in run.programs:
            if program not in again:
                found = list(self._of_program(program))
                failed = failed or any(one.kind not in SURVIVES for one in found)
                yield from found
        there = {(one.host, one.name) for one in run.programs}
        if missing := [key for key in self._ends if key not in there] and run.failed:
            yield TrialOutcome(OutcomeKind.ERROR, detail=f"the scenario ends at line {run.failed}")
        yield from (self._again_of(program) for program in again)
        yield from self._served(run, failed=failed)
        if run.failed and run.verdict is Verdict.FAIL and not missing:
            yield TrialOutcome(OutcomeKind.ERROR, detail=f"line {run.failed}")
        if (more := run.syns - self._syns) > _FLOOD_SYNS:
            yield TrialOutcome(OutcomeKind.FLOOD, detail=f"{more} more connections were begun")

    def _of_program(self, program: ProgramEnd) -> Iterator[TrialOutcome]:
        clean = self._ends.get((program.host, program.name))
        if clean is None:
            return
        host = program.host
        if program.is_crash:
            yield TrialOutcome(OutcomeKind.CRASH, host, _shown(_how(program)))
        elif clean.exit_status is None and program.exit_status is not None:
            yield TrialOutcome(OutcomeKind.CRASH, host, _shown(f"it ended, {_how(program)}"))
        elif program.exit_status is None and clean.exit_status is not None:
            yield TrialOutcome(
                OutcomeKind.HANG, host, f"it had not ended after {program.took_s:.1f} s"
            )
        elif program.exit_status != clean.exit_status:
            yield TrialOutcome(OutcomeKind.ERROR, host, _shown(_how(program)))
        elif clean.exit_status is not None and self._differs(program):
            detail = f"it printed {program.output.strip()!r}"
            yield TrialOutcome(OutcomeKind.WRONG_OUTPUT, host, _shown(detail))
        elif clean.exit_status is not None:
            took_s = self._took_s[program.host, program.name]
            if program.took_s > took_s * _LATE_TIMES + _LATE_S:
                late_s = program.took_s - took_s
                yield TrialOutcome(OutcomeKind.LATE, host, f"{late_s:.2f} s later", late_s)

    def _differs(self, program: ProgramEnd) -> bool:
        output = self._outputs.get((program.host, program.name))
        return output is not None and output != program.output

    def _served(self, run: Observed, *, failed: bool) -> Iterator[TrialOutcome]:
        """Look at what servers printed: more than ever, or less although nobody failed."""
        for program in run.programs:
            output = self._outputs.get((program.host, program.name))
            clean = self._ends.get((program.host, program.name))
            if output is None or clean is None or clean.exit_status is not None:
                continue
            lines, clean_lines = (Counter(text.splitlines()) for text in (program.output, output))
            if more := lines - clean_lines:
                detail = f"it printed {next(iter(more))!r} {_times(lines[next(iter(more))])}"
                yield TrialOutcome(OutcomeKind.WRONG_OUTPUT, program.host, _shown(detail))
            elif clean_lines - lines and not failed and not run.failed:
                detail = f"it did not print {next(iter(clean_lines - lines))!r}"
                yield TrialOutcome(OutcomeKind.WRONG_OUTPUT, program.host, _shown(detail))

    def _again_of(self, program: ProgramEnd) -> TrialOutcome:
        """The second exchange must be as in the clean runs, since nothing fails any more."""
        bad = [one for one in self._of_program(program) if one.kind not in SURVIVES]
        if not bad:
            return TrialOutcome(OutcomeKind.SAME)
        return TrialOutcome(OutcomeKind.DEAF, bad[0].program, bad[0].detail)


def _of(run: Observed, program: ProgramEnd) -> ProgramEnd:
    for one in run.programs:
        if (one.host, one.name) == (program.host, program.name):
            return one
    text = f"the clean runs are not alike: {program.host} did not run its program in one of them"
    raise UsageError(text)


def _how(program: ProgramEnd) -> str:
    words = f": {program.last_words}" if program.last_words else ""
    return f"exit status {program.exit_status}{words}"


def _times(count: int) -> str:
    return "once" if count == 1 else "twice" if count == 2 else f"{count} times"


def _shown(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 3]}..."
