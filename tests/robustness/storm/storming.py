"""Plays one moment: starts the command, sends the signal, looks at what came of it, and is left."""

import contextlib
import os
import random
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from lab.api import lifecycle
from lab.engines import choice
from lab.errors import EvidenceError, LabGoneError
from lab.evidence.verdict import Verdict
from lab.runner import run
from tests import leftovers, python_start
from tests.integration import command
from tests.integration.helpers import LONGEST_S, ROOT
from tests.integration.own_lab import quiet
from tests.robustness.storm import census, victims
from tests.robustness.storm.moments import Moment
from tests.robustness.storm.targets import Target
from tests.robustness.storm.victims import Scene, processes
from tests.waiting import wait_until

# What no command ever prints: a mistake of the lab's own.
_TRACEBACK = re.compile(r"Traceback|Exception (in thread|ignored)|a mistake in the lab itself")
# An engine may still work on what it was asked a moment ago; the kernel ends namespaces at once.
_GONE_WITHIN_S = {choice.COMPOSE: 40.0, choice.NAMESPACES: 10.0}
_LOOK_AGAIN_S = 0.005


@dataclass
class Result:
    """What was wrong, by kinds; all of them empty where nothing was."""

    left: list[str] = field(default_factory=list)
    tracebacks: list[str] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    verdicts: list[str] = field(default_factory=list)
    was_sent: bool = False
    took_s: float = 0.0  # of a command that had ended before its moment
    said: str = ""

    @property
    def wrong(self) -> list[str]:
        return [*self.left, *self.tracebacks, *self.statuses, *self.verdicts]


class Command:
    """A command that goes on, in a scratch folder of its own, under a mark of its own."""

    def __init__(self, target: Target, scratch: Path) -> None:
        self.target = target
        self.lab = f"lab-storm-{secrets.token_hex(4)}"
        self.mark = secrets.token_hex(8)
        self.temporary, self.results = scratch / "tmp", scratch / "results"
        self.temporary.mkdir()
        self.named = {self.lab} if target.command in {"up", "down"} else set()
        marks = [*filter(None, [os.environ.get(leftovers.MARK)]), self.mark]
        self._environment = {
            **os.environ,
            leftovers.MARK: ",".join(marks),
            "TMPDIR": str(self.temporary),
            "PYTHONFAULTHANDLER": "1",
        }
        if target.command == "down":
            up = target._replace(command="up").words(self.lab, self.results)
            subprocess.run(
                [*command.ARGV, *up],
                cwd=ROOT,
                env=self._environment,
                check=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self._output = (scratch / "output").open("w+b")
        self.began_s = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lab", *target.words(self.lab, self.results)],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
        )

    def find(self) -> list[int]:
        """Return the processes that may get the signal now."""
        if self.target.engine == choice.COMPOSE:
            self.named |= census.labs_of(self.mark)
        return self.target.find(Scene(self.process.pid, self.mark, sorted(self.named)))

    def said(self) -> str:
        """Return what it has printed."""
        self._output.seek(0)
        return self._output.read().decode(errors="replace")

    def where(self) -> str:
        """Return where its Pythons are; it ends them (see faulthandler)."""
        for one in processes(Scene(self.process.pid, self.mark, ())):
            if " -m lab " in one.words:
                os.kill(one.pid, signal.SIGABRT)
        self.process.wait()
        return self.said()

    def left(self) -> list[str]:
        """Return what is there of it now."""
        self.named |= census.labs_of(self.mark)
        return census.of_moment(self.mark, self.named, self.temporary)

    def close(self) -> None:
        self._output.close()


def duration_s(target: Target) -> float:
    """Return how long the target's command takes when nobody disturbs it."""
    with tempfile.TemporaryDirectory(prefix="lab-storm-") as scratch:
        going = Command(target, Path(scratch))
        try:
            status = going.process.wait(LONGEST_S)
            took_s = time.monotonic() - going.began_s
            assert status == 0, going.said()
        finally:
            _remove(going)
    return took_s


def play(moment: Moment, takes_s: float) -> Result:
    """Play a moment of a command that takes so long."""
    with tempfile.TemporaryDirectory(prefix="lab-storm-") as scratch:
        going = Command(moment.target, Path(scratch))
        try:
            result = Result()
            with contextlib.suppress(subprocess.TimeoutExpired):
                going.process.wait(moment.share * takes_s)
            result.was_sent = _send(going, moment)
            result.took_s = time.monotonic() - going.began_s
            if moment.again_after_s is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    going.process.wait(moment.again_after_s)
                going.process.send_signal(moment.signal)  # nothing, if it has ended
            _look(going, moment, result)
            return result
        finally:
            _remove(going)


def _send(going: Command, moment: Moment) -> bool:
    """Send the signal to one of the processes, as soon as there is one; False when never."""
    rng = random.Random(str(moment))
    while going.process.poll() is None:
        if found := sorted(going.find()):
            with contextlib.suppress(ProcessLookupError):
                victims.send(rng.choice(found), moment.signal)
                return True
        time.sleep(_LOOK_AGAIN_S)  # the pause of a poll, bounded by the command
    return False


def _look(going: Command, moment: Moment, result: Result) -> None:
    target = moment.target
    try:
        status = going.process.wait(LONGEST_S)
    except subprocess.TimeoutExpired:
        result.statuses.append(f"has not ended after {LONGEST_S} s: {going.where()}")
        return
    _look_at_left(going, status, result)
    result.said = said = going.said()
    if moment.signal == signal.SIGINT and python_start.was_interrupted(said):
        return
    if _TRACEBACK.search(said):
        result.tracebacks.append(said)
    if not target.allows(status, moment.signal):
        result.statuses.append(f"exit status {status}: {said}")
    if target.command in {"run", "jobs"}:
        result.verdicts += _wrong_verdicts(going, status)


def _look_at_left(going: Command, status: int, result: Result) -> None:
    """Look for what is left; a lab may go on of which people were told, or know by `lab status`."""
    engine = choice.load(going.target.engine)
    within_s = _GONE_WITHIN_S[engine.name]
    goes_on = going.target.command == "down" or (
        going.target.command == "up" and not _ends(going, 0 if status == 0 else within_s)
    )
    if goes_on and (there := engine.labs(going.lab)):
        if going.target.command == "up" and "stop:" not in going.said():
            result.left.append(f"a lab that nobody was told of: {going.lab}")
        with contextlib.suppress(LabGoneError):
            there[0].down(progress=quiet)
    if not _ends(going, within_s):
        result.left += going.left()


def _ends(going: Command, within_s: float) -> bool:
    """Tell whether nothing is left within the time; two looks must agree, as things come and go."""
    with contextlib.suppress(AssertionError):
        wait_until(lambda: not going.left() and not going.left(), "nothing left", within_s)
        return True
    return False


def _wrong_verdicts(going: Command, status: int) -> list[str]:
    verdicts = []
    for folder in sorted(going.results.glob("*/*")):
        try:
            outcome = run.verify(folder)
        except EvidenceError:  # it had hardly begun
            verdicts.append(Verdict.UNKNOWN)
            continue
        verdicts.append(outcome.verdict)
        if outcome.verdict is Verdict.FAIL:
            return [f"FAIL: {[str(one) for one in outcome.judgements]}"]
    if status == 0 and {*verdicts} != {Verdict.PASS}:
        return [f"status 0 of runs that are {', '.join(verdicts) or 'not there'}"]
    return []


def _remove(going: Command) -> None:
    """Leave nothing of a command that went wrong to the next one."""
    going.process.kill()
    going.process.wait()
    for line in going.left():
        if line.startswith("process "):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(line.split()[1].rstrip(":")), signal.SIGKILL)
    for lab in going.named:
        with contextlib.suppress(Exception):
            lifecycle.find([choice.load(going.target.engine)], lab).down(progress=quiet)
    going.close()
