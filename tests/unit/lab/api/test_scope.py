"""What was begun in a scope has ended with it, or the lab is dirty."""

import pytest

from lab.api.lab import Lab
from lab.api.scope import Scope
from lab.errors import EngineError
from tests.unit.lab.api.fake_engine import FakeLab


@pytest.fixture
def scope() -> Scope:
    return Scope()


def test_nothing_done_is_nothing_to_undo(scope: Scope) -> None:
    scope.end()
    assert not scope.dirty
    assert not scope.used


def test_faults_are_lifted_even_those_that_are_to_stay(fake: FakeLab, scope: Scope) -> None:
    lab = Lab(fake, scope)
    link = lab.link("client", "server")
    link.drop()
    link.add("delay", {"delay_ms": 1}, stay=True)
    link.add("drop", {}).lift()
    scope.end()
    assert [fault["active"] for fault in fake.server.faults] == [False] * 3
    assert not scope.dirty
    lab.close()


def test_a_fault_that_has_ended_by_itself_is_no_matter(fake: FakeLab, scope: Scope) -> None:
    lab = Lab(fake, scope)
    lab.link("client", "server").drop()
    lab.close()
    scope.end()
    assert not scope.dirty


@pytest.mark.parametrize(
    ("done", "undone"),
    [
        (["pause"], ["resume"]),
        (["disconnect"], ["connect"]),
        (["pause", "disconnect"], ["resume", "connect"]),
        (["pause", "resume"], []),
        (["disconnect", "connect", "disconnect"], ["connect"]),
    ],
)
def test_what_is_done_to_a_host_is_undone(
    fake: FakeLab, scope: Scope, done: list[str], undone: list[str]
) -> None:
    host = Lab(fake, scope).host("client")
    for action in done:
        getattr(host, action)()
    scope.end()
    scope.end()
    assert fake.client.done == [*done, *undone]
    assert not scope.dirty


@pytest.mark.parametrize("action", ["kill", "restart"])
@pytest.mark.parametrize("fails", [False, True])
def test_what_cannot_be_undone_leaves_the_lab_dirty(
    fake: FakeLab, scope: Scope, action: str, *, fails: bool
) -> None:
    host = Lab(fake, scope).host("client")
    if fails:
        fake.client.fails = action
        with pytest.raises(EngineError):
            getattr(host, action)()
    else:
        getattr(host, action)()
    assert scope.dirty


def test_what_fails_to_be_undone_leaves_the_lab_dirty(fake: FakeLab, scope: Scope) -> None:
    Lab(fake, scope).host("client").pause()
    assert not scope.dirty
    fake.client.fails = "resume"
    scope.end()
    assert scope.dirty


def test_programs_have_ended(fake: FakeLab, scope: Scope) -> None:
    program = Lab(fake, scope).host("client").start(["sleep", "60"])
    assert program.process.poll() is None
    scope.end()
    assert program.process.poll() is not None
    assert scope.used


def test_sockets_are_closed_and_their_process_goes_on(fake: FakeLab, scope: Scope) -> None:
    lab = Lab(fake)
    view = lab.view(scope)
    sock = view.host("client").socket()
    assert sock.gettimeout() is None
    scope.end()
    result = lab.host("client").calls.call("getsockname", socket=sock.name)
    assert result.raised
    (process,) = fake.client.call_servers
    assert process.poll() is None
    assert scope.used
    assert not scope.dirty


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("makefile", {"socket": "c", "as": "f"}),
        ("gethostname", {}),
        ("recv", {"socket": "c"}),
    ],
)
def test_where_more_than_a_socket_may_be_left_the_process_ends(
    fake: FakeLab, scope: Scope, call: str, arguments: dict[str, str]
) -> None:
    calls = Lab(fake).view(scope).host("client").calls
    calls.call("socket", type="datagram", **{"as": "c"})
    calls.call("bind", socket="c", address="127.0.0.1:0")
    calls.start(call, **arguments)
    scope.end()
    (process,) = fake.client.call_servers
    assert process.wait(20) == 0
