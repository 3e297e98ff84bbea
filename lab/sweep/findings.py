"""What a sweep has found, as sentences: one for each distinct failure. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lab.sweep.faults import CallFault, Fault, PacketFault
from lab.sweep.outcomes import OutcomeKind
from lab.sweep.positions import ordinal
from lab.sweep.sweep import Result, Trial

_DID = {
    OutcomeKind.HANG: "hangs {}",
    OutcomeKind.CRASH: "crashes {}",
    OutcomeKind.WRONG_OUTPUT: "gives a wrong output of {}",
    OutcomeKind.DEAF: "spoils the next exchange of {}",
    OutcomeKind.FLOOD: "lets a program begin connections without end",
    OutcomeKind.ERROR: "fails {}",
    OutcomeKind.LATE: "delays {}",
}
_MOST_NUMBERS = 6


@dataclass(frozen=True, slots=True)
class Finding:
    """A distinct failure: the trials that show it, the smallest fault that does, how often it did.

    `confirmed` is how many of how many confirmations failed the same way; None: there were none.
    """

    kind: OutcomeKind
    program: str
    detail: str
    trials: tuple[Trial, ...]
    smallest: Trial
    confirmed: tuple[int, int] | None

    @property
    def fault(self) -> Fault:
        """The smallest fault that shows it."""
        assert self.smallest.fault
        return self.smallest.fault

    @property
    def is_flaky(self) -> bool:
        """Does it not come every time?"""
        return self.confirmed is not None and self.confirmed[0] < self.confirmed[1]

    @property
    def sentence(self) -> str:
        """Say it: `losing the 2nd data segment of client -> server hangs the client`."""
        did = _DID[self.kind].format(f"the {self.program}" if self.program else "the exchange")
        what = _of_all(self.fault, [one.fault for one in self.trials if one.fault])
        is_delay = isinstance(self.fault, PacketFault) and self.fault.delay_ms is not None
        return f"{what}{' or more' if is_delay else ''} {did}"

    @property
    def slug(self) -> str:
        """Name a file after it: `drop-data-segment-hang`."""
        first, sort = self.fault.group[0], self.fault.group[-1]
        return re.sub(r"[^a-z0-9]+", "-", f"{first} {sort} {self.kind}".lower()).strip("-")

    @property
    def proof(self) -> str:
        """Say how sure it is: `5 of 5 times`; "" where it was not confirmed."""
        if self.confirmed is None:
            return "seen once"
        times, of = self.confirmed
        return f"{'flaky: ' if self.is_flaky else ''}{times} of {of} times"


def findings(result: Result, breaks: Iterable[Trial]) -> list[Finding]:
    """Return the distinct failures among trials that broke: the worst first, then as they came."""
    groups: dict[tuple[str, ...], list[Trial]] = {}
    for trial in breaks:
        groups.setdefault(trial.group, []).append(trial)
    found = [_finding(result, trials) for trials in groups.values()]
    return sorted(found, key=lambda one: one.kind.rank)


def _finding(result: Result, trials: Sequence[Trial]) -> Finding:
    first = trials[0]
    assert first.fault
    smallest = result.smallest.get(first.fault.key, first)
    assert smallest.fault
    outcome = smallest.outcome
    return Finding(
        kind=outcome.kind,
        program=outcome.program,
        detail=outcome.detail,
        trials=tuple(trials),
        smallest=smallest,
        confirmed=result.confirmed.get(smallest.fault.key),
    )


def _of_all(fault: Fault, faults: Sequence[Fault]) -> str:
    """Say what is done, of all that it was done to: `losing the 1st or 2nd SYN of a -> b`."""
    numbers = sorted({_number(one) for one in faults})
    shown = [ordinal(number) for number in numbers[:_MOST_NUMBERS]]
    if isinstance(fault, CallFault):
        gets = dict.fromkeys(one.gets for one in faults if isinstance(one, CallFault))
        return f"{_or(list(gets))} from the {_or(shown)} {fault.sort}"
    if len(numbers) == 1:
        return fault.text
    more = len(numbers) - len(shown)
    listed = f"{', '.join(shown)} and {more} more" if more else _or(shown)
    return fault.of(f"{listed} {fault.position.sort}")


def _or(words: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _number(fault: Fault) -> int:
    return fault.number if isinstance(fault, CallFault) else fault.position.number
