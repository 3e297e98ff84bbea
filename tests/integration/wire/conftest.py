"""Three hosts for all tests of the wire; each test has sockets of its own on them.

After every test the agents must hold no fault and have lost no packet of their own accord: else a
missing packet would prove nothing.
"""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from lab.api import lifecycle
from lab.api.engine import Engine
from lab.api.lab import Lab
from tests.integration.wire.ends import Ends
from tests.integration.wire.sockets import Sockets, sockets_of

TRIO = Path(__file__).parents[1] / "topologies" / "trio.yaml"


@contextmanager
def trio_of(engine: Engine) -> Iterator[tuple[Lab, dict[str, Sockets]]]:
    name = f"lab-test-{secrets.token_hex(3)}"
    with engine.guarded(name), ExitStack() as programs:
        lab = lifecycle.up(engine, file=TRIO, name=name, build=False, progress=lambda _d, _t: None)
        sockets = {
            name: programs.enter_context(sockets_of(host)) for name, host in lab.hosts.items()
        }
        yield lab, sockets
        programs.close()
        lab.down(progress=lambda _d, _t: None)


@pytest.fixture(scope="session")
def trio(engine: Engine) -> Iterator[tuple[Lab, dict[str, Sockets]]]:
    with trio_of(engine) as up:
        yield up


@pytest.fixture(params=[4, 6], ids=["ipv4", "ipv6"])
def version(request: pytest.FixtureRequest) -> int:
    """Each version of IP."""
    number: int = request.param
    return number


@pytest.fixture
def ends(trio: tuple[Lab, dict[str, Sockets]], version: int) -> Iterator[Ends]:
    """Client and server, over each version of IP."""
    lab, sockets = trio
    yield from _ends(lab, sockets, version)


@pytest.fixture
def fresh(engine: Engine, version: int) -> Iterator[Ends]:
    """The same in a lab of its own, for what a host's kernel remembers: a route's MTU, say."""
    with trio_of(engine) as (lab, sockets):
        yield from _ends(lab, sockets, version)


def _ends(lab: Lab, sockets: dict[str, Sockets], version: int) -> Iterator[Ends]:
    yield Ends(lab, sockets, version)
    for one in sockets.values():
        one.close_all()
    for name in ("client", "server"):
        answer = lab.agent(lab.host(name)).ask("list")
        lost = {"overload_packets": 0, "refused_packets": 0}
        assert answer == {"faults": [], **lost}, name
