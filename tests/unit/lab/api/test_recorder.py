"""What is observed becomes events, each once, and what has not ended is written at the end."""

from typing import Any

import pytest

from lab.api.lab import Lab
from lab.api.recorder import Recorder
from lab.errors import ProgramTimeoutError
from lab.evidence.events import Event
from tests.unit.lab.api.fake_engine import FakeLab


class Written:
    """A recorder, and what it has written."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.recorder = Recorder(self._write)

    def _write(self, kind: str, **fields: Any) -> Event:
        self.events.append({"kind": kind, **fields})
        return self.events[-1]

    def kinds(self) -> list[str]:
        """Return the kinds, in order."""
        return [event["kind"] for event in self.events]


@pytest.fixture
def written() -> Written:
    return Written()


def test_what_is_done_to_a_host_is_an_event(fake: FakeLab, written: Written) -> None:
    Lab(fake, written.recorder).host("client").pause()
    assert written.events == [
        {"kind": "host", "step": None, "name": "pause", "host": "client", "done": "pause"}
    ]


def test_a_fault_is_an_event_when_it_comes_and_one_when_it_goes(
    fake: FakeLab, written: Written
) -> None:
    lab = Lab(fake, written.recorder)
    fault = lab.link("client", "server").add("drop", {"tcp": "syn"}, for_ms=1500)
    fault.lift()
    fault.lift()
    lab.close()
    on, off = written.events
    assert (on["kind"], on["name"], on["links"]) == ("fault_on", "server/1", [["client", "server"]])
    assert (on["for_s"], on["said"]) == (1.5, "server/1: drop tcp=syn")
    assert (off["kind"], off["ids"], off["matched_packets"]) == ("fault_off", ["server/1"], 3)
    assert "ended" not in off


def test_a_fault_that_cannot_be_lifted_is_written_with_the_reason(
    fake: FakeLab, written: Written
) -> None:
    lab = Lab(fake, written.recorder)
    with lab.link("client", "server").drop():
        lab.close()
    assert written.kinds() == ["fault_on", "fault_off"]
    assert written.events[1]["ended"] == "with its host"


def test_calls_are_written_once_in_the_order_in_which_they_returned(
    fake: FakeLab, written: Written
) -> None:
    host = Lab(fake, written.recorder).host("client")
    sock = host.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen()
    waiting = host.calls.start("accept", socket=sock.name, **{"as": "s"})
    named = host.calls.start("getsockname", socket=sock.name)
    assert named.result(20)
    with pytest.raises(OSError, match="not connected"):
        sock.send(b"hello")
    written.recorder.finish()
    written.recorder.finish()
    found = [(one["call"], one.get("pending"), "raised" in one) for one in written.events]
    assert found == [
        ("socket", None, False),
        ("bind", None, False),
        ("listen", None, False),
        ("send", None, True),
        ("accept", True, False),
        ("getsockname", None, False),
    ]
    assert written.events[3]["arguments"]["data"] == {"text": "hello"}
    host.calls.close(20)
    assert waiting.has_ended


def test_a_call_whose_host_has_ended_is_pending_and_says_why(
    fake: FakeLab, written: Written
) -> None:
    host = Lab(fake, written.recorder).host("client")
    sock = host.socket()
    sock.bind(("127.0.0.1", 0))
    host.calls.start("listen", socket=sock.name).result(20)
    accepting = host.calls.start("accept", socket=sock.name, **{"as": "s"})
    fake.client.call_servers[0].kill()
    with pytest.raises(Exception, match="has ended"):
        accepting.result(20)
    written.recorder.finish()
    accept = next(one for one in written.events if one["call"] == "accept")
    assert accept["pending"]
    assert accept["text"] == (
        "client: what makes socket calls there has ended; is the host running?"
    )


def test_a_program_that_was_run_is_one_event(fake: FakeLab, written: Written) -> None:
    host = Lab(fake, written.recorder).host("client")
    host.run(["sh", "-c", "echo so; echo why >&2; exit 3"])
    with pytest.raises(ProgramTimeoutError):
        host.run(["sleep", "60"], timeout_s=0.1)
    ended, killed = written.events
    assert (ended["output"], ended["errors"], ended["exit_status"]) == ("so\n", "why\n", 3)
    assert (killed["exit_status"], killed["killed_after_s"]) == (137, 0.1)
    written.recorder.finish()
    assert written.kinds() == ["program", "program"]


def test_a_program_that_goes_on_is_written_at_the_end_with_what_it_has_printed(
    fake: FakeLab, written: Written
) -> None:
    host = Lab(fake, written.recorder).host("client")
    program = host.start(["sh", "-c", "echo so; exec cat"])
    assert program.process.stdout
    assert program.process.stdout.readline() == b"so\n"
    program.write("more\n")
    assert program.process.stdout.readline() == b"more\n"
    written.recorder.finish()
    program.end()
    assert written.kinds() == ["started", "input", "program"]
    event = written.events[2]
    assert (event["output"], event["pending"]) == ("so\nmore\n", True)
