"""Whether the containers of a lab are up: who is looked at how often, and what is an error."""

import time
from typing import Any

import pytest

from lab.engines.compose import startup
from lab.errors import EngineError


class FakeContainer:
    """A container of which each look sees the next of these states; the last one stays."""

    def __init__(self, name: str, *states: dict[str, Any], argv: tuple[str, ...] = ("sh",)) -> None:
        self.name = name
        self.labels = {"com.docker.compose.service": name}
        self.looks = 0
        self._states = [*states]
        self._argv = argv

    @property
    def attrs(self) -> dict[str, Any]:
        state = {"Running": True, "ExitCode": 0, "StartedAt": _at(time.time()), **self._states[0]}
        return {"State": state, "Path": self._argv[0], "Args": [*self._argv[1:]]}

    def reload(self) -> None:
        self.looks += 1
        if len(self._states) > 1:
            self._states.pop(0)

    def logs(self, *, tail: int) -> bytes:
        assert tail
        return b"its output\n"


def _at(time_s: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time_s))
    return f"{whole}.{int(time_s % 1 * 1e9):09d}Z"


def _health(status: str) -> dict[str, Any]:
    return {"Health": {"Status": status, "Log": [{"Output": "its check"}]}}


STARTING, HEALTHY, UNHEALTHY = map(_health, ("starting", "healthy", "unhealthy"))
EXITED = {"Running": False, "ExitCode": 3}
LONG_AGO = {"StartedAt": _at(0.0)}


def wait(*containers: FakeContainer, within_s: float = 20.0, **services: Any) -> None:
    startup.wait(containers, services, within_s)  # type: ignore[arg-type]


def test_one_that_is_healthy_already_is_not_looked_at_again() -> None:
    healthy, bare = FakeContainer("a", HEALTHY), FakeContainer("b", {}, argv=("sleep", "inf"))
    wait(healthy, bare)
    assert (healthy.looks, bare.looks) == (0, 0)


def test_a_health_check_is_waited_for() -> None:
    container = FakeContainer("a", STARTING, STARTING, HEALTHY)
    wait(container)
    assert container.looks == 2


def test_a_program_without_a_check_is_looked_at_once_more_when_it_has_run_a_while() -> None:
    long_ago, ended = FakeContainer("a", LONG_AGO), FakeContainer("b", LONG_AGO, EXITED)
    wait(long_ago)
    assert long_ago.looks == 1
    with pytest.raises(EngineError, match="b ended with status 3; it said: its output"):
        wait(ended)


def test_a_clock_of_docker_that_is_ahead_is_not_waited_for() -> None:
    began_s = time.monotonic()
    wait(FakeContainer("a", {"StartedAt": _at(time.time() + 3600)}))
    assert time.monotonic() - began_s < 20


def test_one_that_is_unhealthy_is_named_with_its_check() -> None:
    with pytest.raises(EngineError, match="a is unhealthy; its check said: its check; it said"):
        wait(FakeContainer("a", STARTING, UNHEALTHY))


def test_a_check_is_not_waited_for_any_longer() -> None:
    with pytest.raises(EngineError, match="a is unhealthy"):
        wait(FakeContainer("a", STARTING), within_s=0.0)


def test_one_that_another_waits_for_the_end_of_may_end() -> None:
    needs = {"depends_on": {"a": {"condition": "service_completed_successfully"}}}
    wait(FakeContainer("a", EXITED), b=needs)
