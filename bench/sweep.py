"""What a sweep costs: an exchange of forty packets, each lost once, and each failed in all ways.

Beside it the same runs as people would make them without it: `lab run`, one after the other.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from lab.api.engine import Progress
from lab.engines import choice
from lab.scenario.of_programs import OfPrograms
from lab.sweep.faults import DEFAULT, FaultKind
from lab.sweep.log import TrialLog
from lab.sweep.outcomes import SURVIVES, OutcomeKind
from lab.sweep.playing import player
from lab.sweep.subject import ProgramsSubject, short_timers
from lab.sweep.sweep import Plan, Sweep, Trial

JOBS = 4
_PROGRAM = Path(__file__).parent / "programs" / "ping_pong.py"
_BY_HAND, _QUICK_BY_HAND = 20, 5
_OWN_ROUNDS = 5


@dataclass(frozen=True)
class Row:
    """So many runs in so many seconds; `own_s` is what the programs of a run take by themselves."""

    way: str
    runs: int
    total_s: float
    own_s: float

    @property
    def runs_per_s(self) -> float:
        """Runs in a second."""
        return self.runs / self.total_s


@dataclass(frozen=True)
class SweepFigures:
    """All of it; `packets` is how many the exchange has."""

    packets: int
    jobs: int
    rows: tuple[Row, ...]


class _Silent:
    """A SweepObserver that reports progress."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def phase(self, text: str, runs: int) -> None:
        """Pass it on."""
        self._progress("sweep", f"{text}: {runs} runs")

    def ran(self, trial: Trial) -> None:
        """Say nothing."""


def measure(progress: Progress, *, quick: bool) -> SweepFigures:
    """Measure on the engine `namespaces`."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # hosts see it, too
        (folder / "ping_pong.py").write_text(_PROGRAM.read_text())
        own_s = _own_s(folder)
        ways = [("each packet lost once", frozenset({FaultKind.DROP}))]
        ways += [] if quick else [("each packet failed in five ways", DEFAULT)]
        rows = []
        packets = 0
        for number, (way, kinds) in enumerate(ways):
            sweep = _sweep(folder, folder / str(number), kinds, _Silent(progress))
            began_s = time.monotonic()
            result = sweep.run()
            runs = len(result.trials) + len(result.clean)
            rows.append(Row(way, runs, time.monotonic() - began_s, own_s))
            packets = len(result.positions)
        progress("sweep", "lab run in a loop")
        rows.append(_by_hand(folder, own_s, _QUICK_BY_HAND if quick else _BY_HAND))
    return SweepFigures(packets, JOBS, tuple(rows))


def _subject(folder: Path) -> ProgramsSubject:
    programs = OfPrograms(
        servers={"server": "python3 ping_pong.py server"},
        client="python3 ping_pong.py client server",
        folder=str(folder),
        traced=False,
    )
    return ProgramsSubject(programs, short_timers(programs))


def _sweep(folder: Path, results: Path, kinds: frozenset[FaultKind], observer: _Silent) -> Sweep:
    """Return one that takes whatever comes for good: nothing is made smaller, or confirmed."""
    results.mkdir()
    engine = choice.choose(choice.NAMESPACES)[0]
    plan = Plan(kinds, SURVIVES | frozenset(OutcomeKind))
    subject = _subject(folder)
    log = TrialLog(results, subject.text(), on_damage=print)
    play = player(engine, results, jobs=JOBS, note=lambda _text: None)
    return Sweep(subject, plan, play, log, observer)


def _by_hand(folder: Path, own_s: float, runs: int) -> Row:
    scenario = folder / "by-hand.yaml"
    scenario.write_text(_subject(folder).text())
    argv = [sys.executable, "-m", "lab", "run", str(scenario), "--engine", choice.NAMESPACES]
    argv += ["--results", str(folder / "by-hand")]
    took_s = _seconds(
        lambda: [subprocess.run(argv, check=True, capture_output=True) for _ in range(runs)]
    )
    return Row("lab run, one after the other", runs, took_s, own_s)


def _own_s(folder: Path) -> float:
    """Return what the programs of a run take without a lab: a server, and its client twice."""
    # Without a server they have less to do: they begin, and end.
    argv = [sys.executable, str(folder / "ping_pong.py"), "client", "localhost"]
    took_s = _seconds(
        lambda: [
            subprocess.run(argv, check=False, capture_output=True) for _ in range(3 * _OWN_ROUNDS)
        ]
    )
    return took_s / _OWN_ROUNDS


def _seconds(do: Callable[[], object]) -> float:
    began_s = time.monotonic()
    do()
    return time.monotonic() - began_s
