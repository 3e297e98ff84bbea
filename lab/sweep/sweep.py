"""Drives a sweep: clean runs, every fault at every position, then what is found made small.

It says what it does to an observer, and may be interrupted at any moment: what has been found so
far is there.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from lab.errors import UsageError
from lab.evidence import event_file, folders
from lab.evidence.packets import Seen, packets
from lab.runner.run import Outcome
from lab.scenario.model import Scenario
from lab.sweep import faults
from lab.sweep.calls import calls_of
from lab.sweep.faults import Fault, FaultKind, PacketFault
from lab.sweep.log import TrialLog
from lab.sweep.observed import Observed
from lab.sweep.outcomes import Baseline, OutcomeKind, TrialOutcome
from lab.sweep.positions import Position, positions
from lab.sweep.subject import Subject

CLEAN_RUNS = 3
_CONFIRMATIONS = 5
_BATCH = 64  # runs between two looks at the budget
_LEAST_PATIENCE_S, _PATIENCE_TIMES = 2.0, 5
_DELAY_TIMES = 1.5  # a delay beside the patience that runs have
_GOOD_MS = 1.0  # a delay that breaks nothing
_ROUNDS, _AT_ONCE = 3, 3  # of the search for the shortest delay: each divides what is left by four
_IN_A_ROW = (1, 2, 3, 4, 6, 8)  # packets lost


@dataclass(frozen=True, slots=True)
class Trial:
    """A run with a fault, or a clean one (None), and what came of it."""

    fault: Fault | None
    observed: Observed
    outcome: TrialOutcome

    @property
    def key(self) -> str:
        """The fault's name in files; "" for a clean run."""
        return "" if self.fault is None else self.fault.key

    @property
    def group(self) -> tuple[str, ...]:
        """What it has in common with trials that fail the same way by the same sort of fault."""
        assert self.fault
        return *self.fault.group, self.outcome.kind, self.outcome.program

    @property
    def acted(self) -> bool:
        """Did the fault do anything? Else the exchange has no such packet."""
        return self.fault is None or self.observed.acted > 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sweep is to try. Times are in seconds; `budget_s` None: as long as it takes.

    `patience_s` is how long a run may take; None: some times as long as the clean ones.
    """

    kinds: frozenset[FaultKind]
    expected: frozenset[OutcomeKind]
    patience_s: float | None = None
    calls: bool = False
    errnos: tuple[str, ...] = ()
    budget_s: float | None = None
    only: str = ""


@dataclass
class Result:
    """What a sweep has found so far."""

    positions: Sequence[Position] = ()
    clean: list[Trial] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)
    # Of each trial that broke: how often it did of how many times.
    confirmed: dict[str, tuple[int, int]] = field(default_factory=dict)
    # The smallest faults that still break, by the key of the fault that was tried first.
    smallest: dict[str, Trial] = field(default_factory=dict)
    varying: Sequence[str] = ()
    # What programs print in the clean runs, by host and name.
    outputs: Mapping[tuple[str, str], str] = field(default_factory=dict)
    patience_s: float = 0.0
    planned: int = 0
    took_s: float = 0.0
    is_whole: bool = False


class SweepObserver(Protocol):
    """Is called while a sweep goes on."""

    def phase(self, text: str, runs: int) -> None:
        """A phase of so many runs begins, at the most."""

    def ran(self, trial: Trial) -> None:
        """A run has ended."""


# Plays scenarios, several at a time, and calls back with each outcome and its number, as they end.
Play = Callable[[Sequence[Scenario], Callable[[int, Outcome], None]], None]


class Sweep:
    """A sweep of a subject; `result` has what is known of it at any moment."""

    def __init__(
        self, subject: Subject, plan: Plan, play: Play, log: TrialLog, observer: SweepObserver
    ) -> None:
        self._subject = subject
        self._plan = plan
        self._play = play
        self._log = log
        self._observer = observer
        self._began_s = time.monotonic()
        self._baseline: Baseline | None = None
        self.result = Result()

    def run(self) -> Result:
        """Do all of it. UsageError where the clean runs are no baseline; LabError as of runs."""
        try:
            self._run_clean()
            self._run_positions()
            if self._plan.calls:
                self._run_calls()
            self._shrink()
            self._confirm()
            self.result.is_whole = not self._is_over_budget()
        finally:
            self.result.took_s = time.monotonic() - self._began_s
        return self.result

    # --- phases

    def _run_clean(self) -> None:
        self._observer.phase("clean runs", CLEAN_RUNS)
        observed = self._observe([None] * CLEAN_RUNS, "clean")
        self._baseline = Baseline(observed, again=self._subject.again)
        self.result.varying = self._baseline.varying
        self.result.outputs = self._baseline.outputs
        self._be_patient(self._baseline.took_s)
        for one in observed:
            self._take(None, one, self.result.clean)
        self.result.positions = positions([self._exchange(one) for one in observed])

    def _be_patient(self, took_s: float) -> None:
        """Decide how long the runs to come may take, by what the clean ones took."""
        asked_s = self._plan.patience_s
        if asked_s is not None and asked_s < took_s:
            text = f"--patience {asked_s:g}s: the clean runs take {took_s:.2f} s; give more"
            raise UsageError(text)
        patience_s = max(_LEAST_PATIENCE_S, _PATIENCE_TIMES * took_s)
        self.result.patience_s = round(patience_s, 1) if asked_s is None else asked_s
        self._subject = self._subject.with_patience(self.result.patience_s)

    def _run_positions(self) -> None:
        delay_ms = round(self.result.patience_s * _DELAY_TIMES * 1000)
        wanted = [
            fault
            for position in self.result.positions
            for fault in faults.of_position(position, self._plan.kinds, delay_ms)
            if self._plan.only in fault.key
        ]
        if not wanted and not self._plan.calls:
            raise UsageError(
                "no packet of the exchange is left to fail; look at --only and --faults"
            )
        self._try(wanted, "packets")

    def _run_calls(self) -> None:
        folder = self.result.clean[0].observed.folder
        events = event_file.read(Path(folder))
        wanted = [
            fault
            for fault in calls_of(events, self._plan.errnos, self._subject.exchange_ends_ns(events))
            if self._plan.only in fault.key
        ]
        self._try(wanted, "calls")

    def _shrink(self) -> None:
        """Find the shortest delays that break, and the fewest packets lost in a row."""
        breaking = _one_of_each_group(filter(self.is_break, self.result.trials))
        own = [one.fault for one in breaking if isinstance(one.fault, PacketFault)]
        self._lose_fewer([one for one in own if one.kind is FaultKind.CUT])
        self._shorten([one for one in own if one.kind is FaultKind.DELAY])

    def _lose_fewer(self, cuts: Sequence[PacketFault]) -> None:
        """Lose few packets in a row, in place of all: all counts of all cuts at once."""
        fewer = [replace(one, packets=count) for one in cuts for count in _IN_A_ROW]
        for trial in self._try_smaller(fewer, "the fewest packets lost in a row"):
            assert isinstance(trial.fault, PacketFault)
            # The counts go up: the first that breaks is the smallest.
            first = replace(trial.fault, packets=None).key
            if first not in self.result.smallest and self.is_break(trial):
                self.result.smallest[first] = trial

    def _shorten(self, delays: Sequence[PacketFault]) -> None:
        """Narrow down each delay between one that is good and one that breaks."""
        bounds = {one: (_GOOD_MS, one.delay_ms or _GOOD_MS) for one in delays}
        for _ in range(_ROUNDS):
            asked = [replace(one, delay_ms=ms) for one in delays for ms in _between(*bounds[one])]
            tried = self._try_smaller(asked, "the shortest delay that breaks")
            for one in delays:
                bounds[one] = self._narrowed(one, bounds[one], tried)

    def _narrowed(
        self, delay: PacketFault, bounds: tuple[float, float], tried: Sequence[Trial]
    ) -> tuple[float, float]:
        """Return a good and a breaking delay in ms, with what was tried between these."""
        good_ms, bad_ms = bounds
        for trial in tried:
            fault = trial.fault
            if not isinstance(fault, PacketFault) or fault.position != delay.position:
                continue
            if self.is_break(trial):
                self.result.smallest[delay.key] = trial
                return good_ms, fault.delay_ms or bad_ms
            good_ms = fault.delay_ms or good_ms
        return good_ms, bad_ms

    def _confirm(self) -> None:
        """Play each distinct failure again, and count how often it is so.

        A smallest fault that does not break each time gives way to the one that was tried first.
        """
        wanted: list[Trial] = []
        for trial in _one_of_each_group(filter(self.is_break, self.result.trials)):
            assert trial.fault
            smallest = self.result.smallest.get(trial.fault.key)
            wanted += [trial] if smallest is None else [smallest, trial]
        again = [one.fault for one in wanted for _ in range(_CONFIRMATIONS)]
        if self._is_over_budget():
            return
        self._observer.phase("confirmations", len(again))
        observed = self._observe(again, "confirm")
        for number, trial in enumerate(wanted):
            assert trial.fault
            own = observed[number * _CONFIRMATIONS : (number + 1) * _CONFIRMATIONS]
            times = sum(self._outcome(one).kind is trial.outcome.kind for one in own)
            self.result.confirmed[trial.fault.key] = times, len(own)
        for first, smallest in list(self.result.smallest.items()):
            assert smallest.fault
            times, of = self.result.confirmed.get(smallest.fault.key, (0, 1))
            if times < of:
                del self.result.smallest[first]

    # --- runs

    def is_break(self, trial: Trial) -> bool:
        """Tell whether a run came to something that a good program does not come to."""
        return trial.acted and trial.outcome.kind not in {*self._plan.expected, OutcomeKind.UNCLEAR}

    def _try(self, wanted: Sequence[Fault], what: str) -> None:
        self.result.planned += len(wanted)
        self._observer.phase(what, len(wanted))
        order = {fault.key: number for number, fault in enumerate(wanted)}
        for at in range(0, len(wanted), _BATCH):
            if self._is_over_budget():
                return
            self._observe(wanted[at : at + _BATCH], what, self.result.trials)
            # They end in another order than they began in.
            self.result.trials.sort(key=lambda one: order.get(one.key, -1))

    def _try_smaller(self, wanted: Sequence[PacketFault], what: str) -> list[Trial]:
        if not wanted or self._is_over_budget():
            return []
        self._observer.phase(what, len(wanted))
        observed = self._observe(wanted, "smaller")
        return [
            Trial(fault, one, self._outcome(one))
            for fault, one in zip(wanted, observed, strict=True)
        ]

    def _observe(
        self, wanted: Sequence[Fault | None], phase: str, into: list[Trial] | None = None
    ) -> list[Observed]:
        """Play them, but for those that the log has; return what was seen, in their order."""
        found: dict[int, Observed] = {}
        for number, fault in enumerate(wanted):
            if logged := self._log.get(phase, fault, number):
                found[number] = logged
                if into is not None:
                    self._take(fault, logged, into)
        left = [number for number in range(len(wanted)) if number not in found]

        def ended(index: int, outcome: Outcome) -> None:
            number = left[index]
            observed = Observed.of(outcome)
            found[number] = observed
            self._log.add(phase, wanted[number], number, observed)
            if into is not None:
                self._take(wanted[number], observed, into)

        if left:
            self._play([self._subject.scenario(wanted[number]) for number in left], ended)
        return [found[number] for number in sorted(found)]

    def _take(self, fault: Fault | None, observed: Observed, into: list[Trial]) -> None:
        trial = Trial(fault, observed, self._outcome(observed))
        into.append(trial)
        self._observer.ran(trial)

    def _outcome(self, observed: Observed) -> TrialOutcome:
        assert self._baseline, "the clean runs come first"
        return self._baseline.outcome(observed)

    def _exchange(self, observed: Observed) -> list[Seen]:
        """Return the packets of the exchange that is swept."""
        folder = Path(observed.folder)
        events = event_file.read(folder)
        until_ns = self._subject.exchange_ends_ns(events)
        return [
            one
            for one in packets(folder / folders.CAPTURE, events)
            if until_ns is None or one.time_ns <= until_ns
        ]

    def _is_over_budget(self) -> bool:
        budget_s = self._plan.budget_s
        return budget_s is not None and time.monotonic() - self._began_s > budget_s


def _between(good_ms: float, bad_ms: float) -> list[float]:
    """Return delays between two, each longer than the one before by the same factor."""
    factor = (bad_ms / good_ms) ** (1 / (_AT_ONCE + 1))
    found = {float(f"{good_ms * factor**n:.2g}") for n in range(1, _AT_ONCE + 1)}
    return sorted(one for one in found if good_ms < one < bad_ms)


def _one_of_each_group(trials: Iterable[Trial]) -> Iterable[Trial]:
    """Return the first of those that fail the same way by the same sort of fault."""
    found: dict[tuple[str, ...], Trial] = {}
    for trial in trials:
        found.setdefault(trial.group, trial)
    return found.values()
