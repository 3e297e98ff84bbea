"""The zoo: the fault that is named for a bug shows it, and the mended twin takes it.

Without Docker, since this is about programs: what an engine does is tested elsewhere.
"""

from pathlib import Path

import pytest

from lab.api.engine import Engine
from lab.evidence.verdict import Verdict
from lab.runner import run
from lab.scenario.of_programs import OfPrograms
from lab.scenario.reader import read
from lab.scenario.steps import Step
from lab.sweep.faults import NAME
from lab.sweep.observed import Observed
from lab.sweep.outcomes import REPORTS, SURVIVES, Baseline, TrialOutcome
from tests.zoo import FOLDER, ZOO, BuggyPrograms

WITHIN_S = 5.0


class Room:
    """Plays two programs of the zoo, and a second exchange after them."""

    def __init__(self, engine: Engine, results: Path) -> None:
        self._engine = engine
        self._results = results

    def plays(self, server: str, client: str, step: str = "") -> Observed:
        programs = OfPrograms(
            {"server": server},
            client,
            folder=str(FOLDER),
            within_s=WITHIN_S,
            first=[step] if step else [],
            lifts=[NAME] if step else [],
            expected={"exit": "any"},
            again=True,
            again_expected={"exit": "any"},
        )
        scenario = read(Path("zoo.yaml"), text=programs.text)
        return Observed.of(
            run.run(self._engine, scenario, self._results, show=_hide, progress=_quiet)
        )

    def comes_to(self, server: str, client: str, step: str) -> TrialOutcome:
        """Play them without the fault and with it; return what that came to."""
        clean = self.plays(server, client)
        assert clean.verdict is Verdict.PASS, clean
        assert [one.errors for one in clean.programs] == [""] * len(clean.programs)
        broken = self.plays(server, client, step)
        assert broken.acted, broken
        return Baseline([clean], again=True).outcome(broken)


def _hide(_step: Step, _judged: object, _took_s: float) -> None:
    pass


def _quiet(_doing: str, _detail: str) -> None:
    pass


@pytest.fixture
def room(namespaces: Engine, tmp_path: Path) -> Room:
    return Room(namespaces, tmp_path)


@pytest.mark.parametrize("one", ZOO, ids=lambda one: one.name)
def test_the_fault_shows_the_bug(room: Room, one: BuggyPrograms) -> None:
    outcome = room.comes_to(one.server, one.client, one.step)
    assert outcome.kind in one.outcomes, outcome


@pytest.mark.parametrize("one", ZOO, ids=lambda one: one.name)
def test_the_mended_twin_takes_it(room: Room, one: BuggyPrograms) -> None:
    outcome = room.comes_to(one.mended_server, one.mended_client, one.step)
    assert outcome.kind in (SURVIVES if one.survives else REPORTS), outcome
