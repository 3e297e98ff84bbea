"""A program whose tracer is behind it."""

import subprocess
import sys
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lab.api import program
from lab.api.observer import NO_OBSERVER
from lab.api.program import Program
from lab.api.tee import TeedProcess
from lab.api.trace import Trace
from lab.errors import EngineError


@pytest.fixture
def ended() -> Program:
    """A program that has ended."""
    pipe = subprocess.PIPE
    process = TeedProcess([sys.executable, "-c", ""], stdin=pipe, stdout=pipe, stderr=pipe)
    process.communicate()
    host = cast("Any", SimpleNamespace(name="client"))
    made = Program(host, process, process.pid, None, ["./client"], NO_OBSERVER)
    made.trace = Trace("client", lambda _event: None)
    return made


def test_calls_that_have_not_come_are_no_calls_that_were_not_made(
    ended: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "_ENDS_WITHIN_S", 0.01)
    with pytest.raises(EngineError, match=r"^client: \./client has ended.* not there yet"):
        _ = ended.calls


def test_calls_are_whole_once_the_tracer_has_seen_the_end(ended: Program) -> None:
    assert ended.trace
    ended.trace.on_exit()
    assert ended.calls == ()
