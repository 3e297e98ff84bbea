"""What the supervisor knows of a host: its states, and when others may start."""

import pytest

from lab.compose.model import Health, Interface
from lab.engines.namespaces.spec import HostSpec
from lab.engines.namespaces.supervisor.host_state import HostState
from lab.engines.namespaces.supervisor.loop import Loop
from lab.engines.namespaces.supervisor.outputs import Outputs

HEALTH = Health(("true",), 1.0, 1.0, 3, 0.0)
CONDITIONS = ("service_started", "service_healthy", "service_completed_successfully")


def spec(*, argv: tuple[str, ...] = ("sh",), health: Health | None = None) -> HostSpec:
    return HostSpec(
        name="server",
        host_name="server",
        argv=argv,
        environment={},
        interfaces=(Interface("a", "10.0.0.2/24", "fd00::2/64"), Interface("b", "10.1.0.2/24", "")),
        mounts=(),
        health=health,
        depends_on={},
        name_servers=(),
        resolver_options=(),
        sysctls={},
        stop_grace_s=10.0,
    )


def new_host(of: HostSpec) -> HostState:
    return HostState(0, of, Outputs(Loop(), lambda: None))


def host(state: str, *, argv: tuple[str, ...] = ("sh",), health: Health | None = None) -> HostState:
    made = new_host(spec(argv=argv, health=health))
    made.state = state
    return made


def test_new_host_is_created_and_meets_nothing() -> None:
    made = host("created", health=HEALTH)
    assert (made.state, made.health, made.started) == ("created", "starting", False)
    assert [made.meets(condition) for condition in CONDITIONS] == [False, False, False]


@pytest.mark.parametrize(
    ("argv", "health", "at_first"),
    [(("sh",), HEALTH, "starting"), (("sh",), None, None), ((), HEALTH, None), ((), None, None)],
)
def test_only_a_program_with_a_check_has_health(
    argv: tuple[str, ...], health: Health | None, at_first: str | None
) -> None:
    assert new_host(spec(argv=argv, health=health)).health == at_first


@pytest.mark.parametrize("state", ["running", "paused", "restarting", "exited", "dead"])
def test_host_has_started_whatever_became_of_it(state: str) -> None:
    assert host(state).started
    assert host(state).meets("service_started")


@pytest.mark.parametrize(
    ("health", "met"), [("starting", False), ("healthy", True), ("unhealthy", False)]
)
def test_host_is_healthy_when_its_check_says_so(health: str, met: bool) -> None:
    made = host("running", health=HEALTH)
    made.health = health
    assert made.meets("service_healthy") is met


def test_host_without_program_is_healthy_once_it_runs() -> None:
    assert not host("created", argv=(), health=HEALTH).meets("service_healthy")
    assert host("running", argv=(), health=HEALTH).meets("service_healthy")


@pytest.mark.parametrize(
    ("state", "status", "met"),
    [("running", None, False), ("exited", 0, True), ("exited", 1, False), ("exited", 137, False)],
)
def test_host_has_completed_when_it_ended_with_0(state: str, status: int | None, met: bool) -> None:
    made = host(state)
    made.status = status
    assert made.meets("service_completed_successfully") is met


@pytest.mark.parametrize("state", ["running", "paused"])
def test_addresses_are_of_every_network_without_prefix(state: str) -> None:
    assert host(state).addresses() == ["10.0.0.2", "fd00::2", "10.1.0.2"]


@pytest.mark.parametrize("state", ["created", "exited"])
def test_host_without_namespace_has_no_addresses(state: str) -> None:
    assert host(state).addresses() == []


def test_host_that_is_disconnected_has_no_addresses() -> None:
    made = host("running")
    made.connected = False
    assert made.addresses() == []
