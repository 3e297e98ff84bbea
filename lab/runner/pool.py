"""Runs many scenarios: one after the other here, or several at a time in processes of their own.

A process can be interrupted wherever it is, and a run that is interrupted keeps its evidence and
removes its lab. A thread cannot.
"""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import NamedTuple, Protocol

from lab.api.engine import Engine
from lab.errors import InternalError
from lab.evidence import folders
from lab.evidence.verdict import Judgement
from lab.runner import run, worker
from lab.runner.run import Outcome
from lab.scenario.model import Scenario
from lab.scenario.steps import Step


class RunObserver(Protocol):
    """Is called while runs go on; `number` counts them from 0."""

    def began(self, number: int, scenario: Scenario) -> None:
        """A run begins."""

    def doing(self, number: int, doing: str, detail: str) -> None:
        """The engine does something for it."""

    def step(self, number: int, step: Step, judged: list[Judgement], took_s: float) -> None:
        """A step is done."""

    def ended(self, number: int, outcome: Outcome) -> None:
        """A run has ended by itself."""


class Worker(NamedTuple):
    """A process with one run, whose evidence is in `folder`."""

    number: int
    scenario: Scenario
    folder: Path
    process: ForkProcess


def run_all(
    engine: Engine,
    scenarios: Sequence[Scenario],
    results: Path,
    *,
    jobs: int,
    observer: RunObserver,
) -> list[Outcome]:
    """Run them, and return what came of each, in their order.

    The first LabError ends it all, as Ctrl-C does: what runs is ended, its evidence is kept, and
    the exception's notes say where. A process that others end is one run that is UNKNOWN: the
    others go on.
    """
    if jobs == 1 or len(scenarios) == 1:
        return [
            _here(engine, one, number, results, observer) for number, one in enumerate(scenarios)
        ]
    return _Pool(engine, results, observer).run(scenarios, jobs)


def _here(
    engine: Engine, scenario: Scenario, number: int, results: Path, observer: RunObserver
) -> Outcome:
    observer.began(number, scenario)
    outcome = run.run(
        engine,
        scenario,
        results,
        show=lambda step, judged, took_s: observer.step(number, step, judged, took_s),
        progress=lambda doing, detail: observer.doing(number, doing, detail),
    )
    observer.ended(number, outcome)
    return outcome


class _Pool:
    def __init__(self, engine: Engine, results: Path, observer: RunObserver) -> None:
        self._engine = engine
        self._results = results
        self._observer = observer
        self._workers: dict[Connection, Worker] = {}
        self._outcomes: dict[int, Outcome] = {}

    def run(self, scenarios: Sequence[Scenario], jobs: int) -> list[Outcome]:
        waiting = deque(enumerate(scenarios))
        try:
            while waiting or self._workers:
                while waiting and len(self._workers) < jobs:
                    self._start(*waiting.popleft())
                for connection in wait(list(self._workers)):
                    assert isinstance(connection, Connection)
                    self._receive(connection)
        except BaseException as error:
            for note in self._end():
                error.add_note(note)
            raise
        return [self._outcomes[number] for number in range(len(scenarios))]

    def _start(self, number: int, scenario: Scenario) -> None:
        folder = folders.new_run(self._results, scenario.name)
        self._observer.began(number, scenario)
        context = multiprocessing.get_context("fork")  # it has loaded all that it needs
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(
            target=worker.work, args=(theirs, os.getpid(), self._engine, scenario, folder)
        )
        # Ctrl-C must not come between the start and our knowing of it; nor before their end is
        # theirs alone, as the end of it is waited for.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, worker.ENDING)
        try:
            process.start()
            theirs.close()
            self._workers[ours] = Worker(number, scenario, folder, process)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _receive(self, connection: Connection) -> None:
        number, scenario, folder, process = self._workers[connection]
        try:
            kind, message = connection.recv()
        except (EOFError, OSError):  # OSError: it was ended in the middle of a message
            process.join()
            del self._workers[connection]
            if number not in self._outcomes:
                why = f"its process was ended {_by(process.exitcode)}"
                outcome = run.cut_short(folder, self._engine, scenario, why)
                text = f"{scenario.name}: {why}; the evidence of it is in {folder}"
                self._observer.doing(number, "note", text)
                self._take(number, outcome)
            return
        if kind == "doing":
            self._observer.doing(number, *message)
        elif kind == "outcome":
            self._take(number, message)
        elif kind == "error":
            raise message
        elif kind == "internal_error":
            text, where = message
            error = InternalError(text)
            error.add_note(where)
            raise error

    def _take(self, number: int, outcome: Outcome) -> None:
        self._outcomes[number] = outcome
        self._observer.ended(number, outcome)

    def _end(self) -> list[str]:
        """Interrupt all that run, and wait until they have tidied up; return where evidence is."""
        notes: list[str] = []
        for one in self._workers.values():
            _signal(one.process, signal.SIGINT)
        try:
            while self._workers:
                for connection in wait(list(self._workers)):
                    assert isinstance(connection, Connection)
                    notes += self._last_of(connection)
        except BaseException:  # Ctrl-C again: the guards of their labs remove what there is
            for one in self._workers.values():
                _signal(one.process, signal.SIGKILL)
            raise
        return notes

    def _last_of(self, connection: Connection) -> Sequence[str]:
        try:
            kind, message = connection.recv()
        except (EOFError, OSError):
            self._workers.pop(connection).process.join()
            return ()
        return message if kind == "notes" else ()


def _signal(process: ForkProcess, number: int) -> None:
    with suppress(ProcessLookupError, TypeError):
        os.kill(process.pid or 0, number)


def _by(status: int | None) -> str:
    """Say what has ended a process, by its exit status; below 0 it is a signal's number."""
    if status is not None and status < 0:
        return f"by {signal.Signals(-status).name}"
    return f"with status {status}"
