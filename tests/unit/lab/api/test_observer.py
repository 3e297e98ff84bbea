"""An observer sees what is done to a lab; without one nothing is done otherwise."""

import inspect
from typing import Any

import pytest

from lab.api.lab import Lab
from lab.api.observer import Observer, Observers
from lab.errors import EngineError, InputClosedError, ProgramTimeoutError, UsageError
from tests.unit.lab.api.fake_engine import FakeLab

METHODS = [name for name, value in vars(Observer).items() if inspect.isfunction(value)]


class Seen(Observer):
    """Remembers the names of what it is called for, and with what."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __getattribute__(self, name: str) -> Any:
        if name not in METHODS:
            return super().__getattribute__(name)
        return lambda *values, **named: self.seen.append((name, values, named))

    def names(self) -> list[str]:
        """Return what was seen, in order."""
        return [name for name, _, _ in self.seen]


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.mark.parametrize("name", METHODS)
def test_several_observers_see_all_that_one_sees(name: str) -> None:
    both = Seen(), Seen()
    parameters = list(inspect.signature(getattr(Observer, name)).parameters.values())[1:]
    values = [one.name for one in parameters if one.kind is not one.KEYWORD_ONLY]
    named = {one.name: one.name for one in parameters if one.kind is one.KEYWORD_ONLY}
    getattr(Observers(*both), name)(*values, **named)
    assert both[0].seen == both[1].seen == [(name, tuple(values), named)]


@pytest.mark.parametrize("action", ["kill", "pause", "resume", "restart", "disconnect", "connect"])
def test_what_is_done_to_a_host_is_seen_before_and_after(
    fake: FakeLab, seen: Seen, action: str
) -> None:
    host = Lab(fake, seen).host("client")
    getattr(host, action)()
    assert fake.client.done == [action]
    expected = (host, action)
    assert seen.seen == [("host_changing", expected, {}), ("host_changed", expected, {})]


def test_what_failed_was_not_done(fake: FakeLab, seen: Seen) -> None:
    fake.client.fails = "pause"
    with pytest.raises(EngineError, match="client: pause: cannot be"):
        Lab(fake, seen).host("client").pause()
    assert seen.names() == ["host_changing"]


def test_faults_are_seen_when_they_come_and_when_they_go(fake: FakeLab, seen: Seen) -> None:
    lab = Lab(fake, seen)
    with lab.link("client", "server").drop(tcp="syn") as fault:
        assert seen.names() == ["fault_added"]
        assert fault.matched == 3
    assert seen.names() == ["fault_added", "fault_lifted"]
    active, error = seen.seen[1][1]
    assert (active.added.matched_packets, active.last.matched_packets, error) == (0, 3, None)
    lab.close()


def test_a_fault_that_cannot_be_lifted_is_seen_with_the_error(fake: FakeLab, seen: Seen) -> None:
    lab = Lab(fake, seen)
    fault = lab.link("client", "server").add("drop", {})
    lab.close()
    with pytest.raises(EngineError):
        fault.lift()
    _, error = seen.seen[1][1]
    assert isinstance(error, EngineError)


def test_a_program_is_seen_from_its_start_to_its_end(fake: FakeLab, seen: Seen) -> None:
    with Lab(fake, seen).host("client").start(["cat"]) as program:
        program.write("in")
        program.close_stdin()
        program.close_stdin()
        assert program.process.wait(20) == 0
        with pytest.raises(InputClosedError):
            program.write("late")
    assert [(name, values[1:], named) for name, values, named in seen.seen] == [
        ("program_started", (), {}),
        ("program_input", (b"in",), {"close": False, "refused": False}),
        ("program_input", (b"",), {"close": True, "refused": False}),
        ("program_input", (b"late",), {"close": False, "refused": True}),
        ("program_ending", (), {}),
    ]


def test_a_program_that_is_run_is_seen_when_it_has_ended(fake: FakeLab, seen: Seen) -> None:
    host = Lab(fake, seen).host("client")
    output = host.run(["sh", "-c", "echo so; exit 3"])
    with pytest.raises(ProgramTimeoutError) as timeout:
        host.run(["sleep", "60"], timeout_s=0.1)
    assert seen.names() == ["program_run", "program_run"]
    ended, late = (values[0] for _, values, _ in seen.seen)
    assert (ended.end, ended.timeout_s) == (output, None)
    assert (late.end, late.timeout_s) == (timeout.value, 0.1)
    assert ended.began_ns <= ended.ended_ns <= late.began_ns <= late.ended_ns


def test_calls_are_seen_when_they_begin_and_when_they_have_returned(
    fake: FakeLab, seen: Seen
) -> None:
    host = Lab(fake, seen).host("client")
    with host.socket() as sock:
        assert seen.names() == ["call_started", "call_returned"]
        pending, result = seen.seen[1][1]
        assert (pending.host, pending.call, result.raised) == ("client", "socket", None)
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        waiting = host.calls.start("accept", socket=sock.name, **{"as": "s"})
        assert host.calls.collect(waiting, 0) is None
    assert seen.names().count("call_returned") == seen.names().count("call_started") - 1
    host.calls.close(20)


def test_a_view_shares_the_call_server_and_cannot_be_taken_down(fake: FakeLab, seen: Seen) -> None:
    lab = Lab(fake)
    view = lab.view(seen)
    lab.host("client").calls.call("socket", **{"as": "c"})
    assert view.host("client").calls.call("getsockname", socket="c").value() == "0.0.0.0:0"
    assert seen.names() == ["call_started", "call_returned"]
    assert len(fake.client.call_servers) == 1
    with pytest.raises(UsageError, match="lab fake: is for other tests, too"):
        view.down(progress=lambda _doing, _detail: None)
    assert fake.is_up
    lab.down(progress=lambda _doing, _detail: None)
    assert not fake.is_up


def test_a_view_reaches_agents_in_its_own_way(fake: FakeLab) -> None:
    begun = []

    def begin(host: Any) -> Any:
        begun.append(host)
        return host.begin_agent()

    view = Lab(fake).view(Observer(), begin_agent=begin)
    with view.link("client", "server").drop():
        assert begun == [fake.server]
    view.close()
