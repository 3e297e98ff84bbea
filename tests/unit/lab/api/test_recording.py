"""What is observed becomes events, each once, and what has not ended is written at the end."""

from typing import Any

import pytest

from lab.api.lab import Lab
from lab.api.recording import Recording
from lab.errors import ProgramTimeoutError
from lab.evidence.events import (
    CallOutcome,
    Event,
    FaultLink,
    FaultOff,
    FaultOn,
    HostFaultOff,
    HostFaultOn,
    ProgramInput,
    ProgramOutcome,
    ProgramStarted,
)
from tests.unit.lab.api.fake_engine import FakeLab


class Written:
    """A recording, and what it has written."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.recording = Recording(self.events.append)

    def calls(self) -> list[CallOutcome]:
        """Return those that are calls: all must be."""
        found = [event for event in self.events if isinstance(event, CallOutcome)]
        assert found == self.events
        return found

    def kinds(self) -> list[type[Event]]:
        """Return the kinds, in order."""
        return [type(event) for event in self.events]


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.mark.parametrize(
    ("action", "event"),
    [
        ("kill", HostFaultOn(name="kill", host="client", fault="kill")),
        ("restart", HostFaultOn(name="restart", host="client", fault="restart")),
        ("pause", HostFaultOn(name="pause", host="client", fault="pause", lasts=True)),
        ("resume", HostFaultOff(name="pause", host="client")),
        (
            "disconnect",
            HostFaultOn(name="disconnect", host="client", fault="disconnect", lasts=True),
        ),
        ("connect", HostFaultOff(name="disconnect", host="client")),
    ],
)
def test_what_is_done_to_a_host_is_an_event(
    fake: FakeLab, written: Written, action: str, event: Event
) -> None:
    getattr(Lab(fake, written.recording).host("client"), action)()
    assert written.events == [event]


def test_a_fault_is_an_event_when_it_comes_and_one_when_it_goes(
    fake: FakeLab, written: Written
) -> None:
    lab = Lab(fake, written.recording)
    fault = lab.link("client", "server").add("drop", {"tcp": "syn"}, for_ms=1500)
    fault.lift()
    fault.lift()
    lab.close()
    on, off = written.events
    assert isinstance(on, FaultOn)
    assert isinstance(off, FaultOff)
    assert (on.name, on.for_s, on.text) == ("server/1", 1.5, "server/1: drop tcp=syn")
    assert on.links == (FaultLink(source="client", target="server", fault="server/1"),)
    assert (off.name, off.counters.matched_packets, off.error) == ("server/1", 3, "")


def test_a_fault_that_cannot_be_lifted_is_written_with_the_reason(
    fake: FakeLab, written: Written
) -> None:
    lab = Lab(fake, written.recording)
    with lab.link("client", "server").drop():
        lab.close()
    off = written.events[1]
    assert isinstance(off, FaultOff)
    assert off.error == "with its host"


def test_calls_are_written_once_in_the_order_in_which_they_returned(
    fake: FakeLab, written: Written
) -> None:
    host = Lab(fake, written.recording).host("client")
    sock = host.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen()
    waiting = host.calls.start("accept", socket=sock.name, **{"as": "s"})
    assert host.calls.start("getsockname", socket=sock.name).result(20)
    with pytest.raises(BrokenPipeError):
        sock.send(b"hello")
    written.recording.finish()
    written.recording.finish()
    calls = written.calls()
    assert [(one.call, one.is_pending, bool(one.raised)) for one in calls] == [
        ("socket", False, False),
        ("bind", False, False),
        ("listen", False, False),
        ("send", False, True),
        ("accept", True, False),
        ("getsockname", False, False),
    ]
    assert calls[3].arguments["data"] == {"text": "hello"}
    host.calls.close(20)
    assert waiting.has_ended


def test_a_call_whose_host_has_ended_is_pending_with_the_reason(
    fake: FakeLab, written: Written
) -> None:
    host = Lab(fake, written.recording).host("client")
    sock = host.socket()
    sock.listen()
    accepting = host.calls.start("accept", socket=sock.name, **{"as": "s"})
    fake.client.call_servers[0].kill()
    with pytest.raises(Exception, match="has ended"):
        accepting.result(20)
    written.recording.finish()
    (accept,) = (one for one in written.calls() if one.call == "accept")
    assert accept.is_pending
    assert accept.error == "client: what makes socket calls there has ended; is the host running?"


def test_a_program_that_was_run_is_one_event(fake: FakeLab, written: Written) -> None:
    host = Lab(fake, written.recording).host("client")
    host.run(["sh", "-c", "echo so; echo why >&2; exit 3"])
    with pytest.raises(ProgramTimeoutError):
        host.run(["sleep", "60"], timeout_s=0.1)
    written.recording.finish()
    ended, killed = written.events
    assert isinstance(ended, ProgramOutcome)
    assert isinstance(killed, ProgramOutcome)
    assert (ended.output, ended.errors, ended.exit_status) == ("so\n", "why\n", 3)
    assert ended.killed_after_s is None
    assert (killed.exit_status, killed.killed_after_s) == (137, 0.1)


def test_a_program_that_goes_on_is_written_at_the_end_with_what_it_has_printed(
    fake: FakeLab, written: Written
) -> None:
    host = Lab(fake, written.recording).host("client")
    program = host.start(["sh", "-c", "echo so; exec cat"])
    assert program.process.stdout
    assert program.process.stdout.readline() == b"so\n"
    program.write("more\n")
    assert program.process.stdout.readline() == b"more\n"
    written.recording.finish()
    program.end()
    assert written.kinds() == [ProgramStarted, ProgramInput, ProgramOutcome]
    event: Any = written.events[2]
    assert (event.output, event.is_pending) == ("so\nmore\n", True)
