"""What a person sees while a sweep goes on: a moving line, and each break as it is found."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.markup import escape

from lab import screen
from lab.sweep.sweep import Trial


class SweepScreen:
    """Shows a sweep while it goes on (lab.sweep.sweep.SweepObserver); quiet: notes alone."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._began_s = time.monotonic()
        self._phase, self._runs, self._ran, self._breaks = "", 0, 0, 0
        self._moves = screen.err.is_terminal
        self._status = screen.err.status("")
        self.is_break: Callable[[Trial], bool] = lambda _trial: False

    def __enter__(self) -> Self:
        if self._moves:
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._status.stop()

    def note(self, text: str) -> None:
        """Show what the person should know."""
        screen.err.print(f"note: {text}", markup=False)

    def phase(self, text: str, runs: int) -> None:
        """Show which phase begins; where nothing moves, too."""
        self._phase, self._runs, self._ran = text, runs, 0
        if not self._moves and not self._quiet:
            screen.err.print(f"{self._elapsed()}  {text}: {runs} runs", markup=False)
        self._update()

    def ran(self, trial: Trial) -> None:
        """Count a run; show it where it broke."""
        self._ran += 1
        if self.is_break(trial) and trial.fault:
            self._breaks += 1
            if not self._quiet:
                outcome = trial.outcome
                of = f" of {outcome.program}" if outcome.program else ""
                text = f"{self._elapsed()}  {outcome.kind}{of}: {trial.fault.text}"
                screen.err.print(text, markup=False)
        self._update()

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self._began_s:7.1f} s"

    def _update(self) -> None:
        if self._moves:
            text = f"{self._phase}: {self._ran} of {self._runs}; {self._breaks} broke"
            self._status.update(escape(f"{self._elapsed()}  {text}"))
