"""Faults whose agent ends: forgiven where a step has ended their host, else an error."""

from pathlib import Path
from typing import Any

import pytest

from lab.api.fault import FaultStatus
from lab.errors import AgentEndedError
from lab.evidence import event_file
from lab.evidence.event_file import Recorder
from lab.evidence.events import FaultOff
from lab.runner.context import LabContext
from lab.scenario.model import Scenario
from lab.scenario.steps.fault_host import HostFaultStep
from lab.scenario.steps.fault_link import LinkFaultStep
from lab.scenario.steps.lift import LiftStep

LOSS = LinkFaultStep(1, "loss", "drop", (("client", "server"),), {"tcp": "syn"})
LIFT = LiftStep(2, "loss")


class DeadFault:
    """A fault whose agent has ended; before that it had acted on one packet."""

    def __init__(self, asked: dict[str, Any]) -> None:
        own = {"source": "client", "target": "server", "number": 1, "impairment": "drop"}
        state = {"active": True, "exhausted": False, "stays": False, "left_ms": None}
        counted = {"matched_packets": 0, "acted_packets": 0, "acted_bytes": 0}
        self.for_ms = None
        self.added = FaultStatus(asked=asked, **own, **state, **counted)  # type: ignore[arg-type]

    def status(self) -> FaultStatus:
        return self.added

    def lift(self) -> FaultStatus:
        raise AgentEndedError("server: the agent on its wire: it has ended")


class FakeLab:
    """A lab of one link and hosts that do as they are told; and its capture."""

    def __init__(self) -> None:
        self.added: list[dict[str, Any]] = []

    def links(self, _source: str, _target: str) -> "list[FakeLab]":
        return [self]

    def host(self, name: str) -> "FakeLab":
        self.name = name
        return self

    def add(self, _impairment: str, asked: dict[str, Any], *, for_ms: float | None) -> DeadFault:
        del for_ms
        self.added.append(asked)
        return DeadFault(asked)

    def kill(self, signal: str) -> None: ...
    def leave(self, host: str) -> None: ...
    def restart(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def disconnect(self) -> None: ...
    def connect(self) -> None: ...


@pytest.fixture
def errors() -> list[str]:
    return []


@pytest.fixture
def lab() -> FakeLab:
    return FakeLab()


@pytest.fixture
def run(lab: Any, tmp_path: Path, errors: list[str]) -> LabContext:
    scenario = Scenario(Path("x.yaml"), "title", "shows", (), (LOSS, LIFT), seed=7)
    return LabContext(lab, scenario, Recorder(tmp_path), lab, errors)


def test_an_agent_that_ends_by_itself_is_an_error(
    run: LabContext, errors: list[str], tmp_path: Path
) -> None:
    LOSS.play(run, 0)
    run.faults.lift_all()
    assert errors == ["server: the agent on its wire: it has ended"]
    last = event_file.read(tmp_path)[-1]
    assert isinstance(last, FaultOff)
    assert last.counters_lost


def test_a_step_that_lifts_such_a_fault_cannot_be_done(run: LabContext) -> None:
    LOSS.play(run, 0)
    with pytest.raises(AgentEndedError):
        LIFT.play(run, 1)


@pytest.mark.parametrize("what", ["kill", "restart"])
def test_an_agent_that_ends_with_its_host_is_none(
    run: LabContext, errors: list[str], what: str
) -> None:
    LOSS.play(run, 0)
    HostFaultStep(2, "", what, "server").play(run, 1)
    LIFT.play(run, 2)
    assert errors == []


def test_the_scenarios_seed_is_every_faults(run: LabContext, lab: FakeLab) -> None:
    for impairment, asked in (("drop", {"burst_enter": 0.1}), ("corrupt", {}), ("drop", {})):
        LinkFaultStep(1, impairment, impairment, LOSS.links, asked).play(run, 0)
    assert [one["seed"] for one in lab.added] == [7, 7, 7]
    event = LinkFaultStep(1, "own", "drop", LOSS.links, {"seed": 3}).play(run, 0)
    assert (lab.added[-1]["seed"], event.asked) == (3, {"seed": 3})
