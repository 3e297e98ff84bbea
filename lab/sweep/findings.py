"""What a sweep has found, as sentences: one for each distinct failure. Pure."""

from collections.abc import Iterable, Iterator, Sequence
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
    OutcomeKind.UNCLEAR: "gives no clear evidence",
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
        faults = [trial.fault for trial in self.trials if trial.fault]
        return f"{self._doing(faults)} the {_what(faults)} {did}"

    def _doing(self, faults: Sequence[Fault]) -> str:
        calls = [fault for fault in faults if isinstance(fault, CallFault)]
        if calls:
            return f"{' or '.join(dict.fromkeys(fault.gets for fault in calls))} from"
        fault = self.fault
        if isinstance(fault, PacketFault) and fault.delay_ms is not None:
            return f"delaying by {fault.delay_ms / 1000:g} s or more"
        return fault.doing

    @property
    def proof(self) -> str:
        """Say how sure it is: `5 of 5 times`; "" where it was not confirmed."""
        if self.confirmed is None:
            return "seen once"
        times, of = self.confirmed
        return f"{'flaky: ' if self.is_flaky else ''}{times} of {of} times"


def findings(result: Result, breaks: Iterable[Trial]) -> list[Finding]:
    """Return the distinct failures among trials that broke, in the order in which they came."""
    groups: dict[tuple[object, ...], list[Trial]] = {}
    for trial in breaks:
        assert trial.fault
        key = (*trial.fault.group, trial.outcome.kind, trial.outcome.program)
        groups.setdefault(key, []).append(trial)
    return [_finding(result, trials) for trials in groups.values()]


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


def _what(faults: Sequence[Fault]) -> str:
    """Name all of them at once: `1st, 2nd and 4th data segment of client -> server`."""
    first = faults[0]
    numbers = sorted(set(_numbers(faults)))
    if len(numbers) == 1:
        return first.what
    shown = [ordinal(number) for number in numbers[:_MOST_NUMBERS]]
    more = len(numbers) - len(shown)
    listed = (
        f"{', '.join(shown)} and {more} more"
        if more
        else " or ".join([", ".join(shown[:-1]), shown[-1]])
    )
    if isinstance(first, CallFault):
        return f"{listed} {first.call} of {first.host} ({first.protocol})"
    return f"{listed} {first.position.kind} of {first.position.link}"


def _numbers(faults: Sequence[Fault]) -> Iterator[int]:
    for fault in faults:
        yield fault.number if isinstance(fault, CallFault) else fault.position.number
