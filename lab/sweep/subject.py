"""What is swept: programs, or a scenario of somebody's. Each gives the scenario of a trial."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from lab.errors import UsageError
from lab.evidence.events import Event, ProgramOutcome, StepsEnded
from lab.scenario import shipped
from lab.scenario.model import Scenario
from lab.scenario.of_programs import OfPrograms, flow
from lab.scenario.reader import read
from lab.sweep.faults import NAME, Fault

_STEPS = re.compile(r"steps:\s*(#.*)?")
_ITEM = re.compile(r"(\s*)- ")
_SHORT_RTO = {"net.ipv4.tcp_rto_min_us": "5000"}
_PATH = re.compile(r"(compose|folder):\s+(\S+)(?:\s+#.*)?")


def short_timers(programs: OfPrograms) -> list[str]:
    """Return steps that let TCP send again after 5 ms, on all hosts of the programs."""
    return [flow({"on": host, "sysctl": _SHORT_RTO}) for host in (*programs.servers, programs.host)]


class Subject(Protocol):
    """What is played again and again; its `settings` are steps of every run."""

    @property
    def name(self) -> str:
        """What a person calls it, and its evidence is called."""

    @property
    def settings(self) -> Sequence[str]:
        """Return the steps that set what the kernels of its hosts do."""

    @property
    def again(self) -> bool:
        """Is a second exchange played, without the fault, after the first?"""

    def text(self, fault: Fault | None = None, folder: Path | None = None) -> str:
        """Return the scenario's file, with this fault from the beginning on.

        With `folder` the file stands there, and is no trial's: the fault must act.
        """

    def scenario(self, fault: Fault | None = None) -> Scenario:
        """Return the scenario as it is played."""

    def with_patience(self, patience_s: float) -> "Subject":
        """Return the same, whose client may take so long, where it is of programs."""

    def exchange_ends_ns(self, events: Sequence[Event]) -> int | None:
        """Return when the exchange that is swept has ended in a run; None: with the run."""


@dataclass(frozen=True, slots=True)
class ProgramsSubject:
    """Programs of the current folder; after the exchange the client runs a second time."""

    programs: OfPrograms
    settings: Sequence[str] = ()
    name: str = "try"
    again: bool = True

    def text(self, fault: Fault | None = None, folder: Path | None = None) -> str:
        return self.with_fault(fault, folder).text

    def with_fault(self, fault: Fault | None, folder: Path | None = None) -> OfPrograms:
        """Return the programs with a fault; whatever comes of the client, the run goes on."""
        programs, steps = self.programs, _steps_of(fault, folder)
        return replace(
            programs,
            folder=programs.folder if folder is None else _path_from(folder, Path.cwd()),
            first=(*self.settings, *programs.first, *steps),
            lifts=() if fault is None else (NAME,),
            expected={"exit": "any"},
            again=self.again,
            again_expected={"exit": "any"},
        )

    def scenario(self, fault: Fault | None = None) -> Scenario:
        return read(Path(f"{self.name}.yaml"), text=self.text(fault))

    def with_patience(self, patience_s: float) -> "ProgramsSubject":
        return replace(self, programs=replace(self.programs, within_s=patience_s))

    def exchange_ends_ns(self, events: Sequence[Event]) -> int | None:
        began = [one.began_ns for one in events if isinstance(one, ProgramOutcome) and not one.name]
        return began[1] if len(began) > 1 else _steps_end_ns(events)


class FileSubject:
    """A scenario file, with steps before its first one. UsageError where they have no place."""

    again = False

    settings = ()

    def __init__(self, path: Path) -> None:
        """Read it; ScenarioError when something is wrong with it."""
        self._path = path
        self._text = read(path).text
        self.name = path.stem
        self._lines = self._text.splitlines(keepends=True)
        self._place, self._indent = self._first_step()

    def text(self, fault: Fault | None = None, folder: Path | None = None) -> str:
        steps = _steps_of(fault, folder)
        added = [f"{self._indent}- {step}\n" for step in steps]
        before = self._lines[: self._place]
        if folder is not None:
            before = [self._moved(line, folder) for line in before]
        return "".join([*before, *added, *self._lines[self._place :]])

    def _moved(self, line: str, folder: Path) -> str:
        """Return a line in which a path is from another folder than the scenario's."""
        named = _PATH.fullmatch(line.rstrip())
        if not named or named[2] == shipped.WORD:
            return line
        path = self._path.parent / named[2].strip("\"'")
        return f"{named[1]}: {flow(_path_from(folder, path))}\n"

    def scenario(self, fault: Fault | None = None) -> Scenario:
        return read(self._path, text=self.text(fault))

    def with_patience(self, patience_s: float) -> "FileSubject":
        del patience_s  # its steps have limits of their own
        return self

    def exchange_ends_ns(self, events: Sequence[Event]) -> int | None:
        return _steps_end_ns(events)

    def _first_step(self) -> tuple[int, str]:
        inside = False
        for number, line in enumerate(self._lines):
            if inside and (item := _ITEM.match(line)):
                return number, item[1]
            inside = inside or bool(_STEPS.fullmatch(line.strip()))
        text = f"{self._path}: write its steps as a list, each in a line that begins with -"
        raise UsageError(text)


def _steps_of(fault: Fault | None, folder: Path | None) -> tuple[str, ...]:
    if fault is None:
        return ()
    return (flow({**fault.step, **({"may_idle": True} if folder is None else {})}),)


def _path_from(folder: Path, to: Path) -> str:
    return os.path.relpath(to.resolve(), folder.resolve())


def _steps_end_ns(events: Sequence[Event]) -> int | None:
    return next((one.time_ns for one in events if isinstance(one, StepsEnded)), None)
