"""Others end a part of the lab during a run: it is UNKNOWN, whatever step fails then."""

import os
import secrets
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.api.engine import Engine
from lab.engines import choice
from lab.evidence import event_file
from lab.evidence.events import EndedByOthers
from lab.evidence.verdict import Judgement, Verdict
from lab.runner import run
from lab.scenario.reader import read
from lab.scenario.steps import Step
from tests import leftovers
from tests.integration.own_lab import quiet
from tests.robustness.storm import census, victims
from tests.robustness.storm.targets import SCENARIO
from tests.robustness.storm.victims import Scene, Victims
from tests.waiting import wait_until

FIND: dict[str, dict[str, Victims]] = {
    choice.NAMESPACES: {
        "host": victims.init,
        "agent": victims.agent,
        "call_server": victims.call_server,
    },
    choice.COMPOSE: {
        "host": victims.container,
        "agent": victims.sidecar,
        "call_server": victims.container_of_calls,
    },
}
# The step after which it happens: the next one is not as expected then.
AFTER = {"host": "lift wall", "agent": "fault reject on client -> server", "call_server": "listen"}


def ends(find: Callable[[], list[int]]) -> None:
    """Kill what is found, and wait until it is gone."""
    found = find()
    assert found
    for pid in found:
        victims.send(pid, signal.SIGKILL)
    wait_until(lambda: not {*find()} & {*found}, "they have ended")


@pytest.mark.parametrize("part", AFTER)
def test_a_run_of_which_others_have_ended_a_part_is_unknown(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    mark = secrets.token_hex(8)
    monkeypatch.setenv(leftovers.MARK, f"{os.environ[leftovers.MARK]},{mark}")

    def find() -> list[int]:
        return FIND[engine.name][part](Scene(os.getpid(), mark, sorted(census.labs_of(mark))))

    def after(step: Step, _judged: list[Judgement], _took_s: float) -> None:
        if AFTER[part] in step.describe():
            ends(find)

    outcome = run.run(engine, read(Path(SCENARIO)), tmp_path, show=after, progress=quiet)
    assert outcome.verdict is Verdict.UNKNOWN, outcome.judgements
    ended = [one for one in event_file.read(outcome.folder) if isinstance(one, EndedByOthers)]
    assert part in {one.part for one in ended}
    assert run.verify(outcome.folder).verdict is Verdict.UNKNOWN
