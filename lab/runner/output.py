"""What the hosts' own programs print while a scenario runs: events, and what is waited for.

It is read at each wait and at the end, from where the last reading ended: nothing is read twice,
and what a program has printed before is there.
"""

import re
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from lab.api.host import Host
from lab.api.lab import Lab
from lab.api.quiescence import wait_until_quiet
from lab.errors import EngineError, LabError
from lab.evidence import output
from lab.evidence.event_file import Recorder
from lab.evidence.events import OutputError
from lab.evidence.output import OutputRecorder
from lab.model import PrintedLine
from lab.scenario.model import Condition, ExpectStep, Scenario, WaitStep

_LOOK_AGAIN_S = 0.01
_SETTLE_S = 2.0
_LAST_LINES = 20


class PrintedByHosts:
    """Reads the hosts that run programs of their own: those of a compose file."""

    def __init__(self, lab: Lab, scenario: Scenario, recorder: Recorder) -> None:
        conditions = [one.condition for one in scenario.steps if isinstance(one, WaitStep)]
        self._expected = [s.condition for s in scenario.steps if isinstance(s, ExpectStep)]
        self._lab = lab
        self._recorder = recorder
        self._began_ns = time.time_ns()
        hosts: Mapping[str, Host] = lab.hosts if scenario.compose else {}
        self._hosts = {
            name: _HostOutput(lab, name, recorder, [*conditions, *self._expected]) for name in hosts
        }

    def wait(self, condition: Condition, least: int, within_s: float) -> int:
        """Wait for so many lines that fit a condition; return how many there are."""
        until_s = time.monotonic() + within_s
        while True:
            for name in condition.hosts:
                self._hosts[name].read()
            if (count := self._count(condition)) >= least or time.monotonic() > until_s:
                return count
            time.sleep(_LOOK_AGAIN_S)

    def end(self, *, failed: bool, cut: bool) -> None:
        """Take what has been printed so far, and of a run that has failed how the hosts are.

        Lines that are expected and are not there yet may come a little later; in a run that has
        failed, the programs may do first what they are about to do, such as to die. For one that
        is cut short, by Ctrl-C say, nothing is waited for.
        """
        if failed and not cut:
            hosts = [self._lab.hosts[name] for name in self._hosts]
            wait_until_quiet(hosts, _SETTLE_S)
        until_s = time.monotonic() + _SETTLE_S
        self._read_all()
        while not failed and self._is_missing_lines() and time.monotonic() < until_s:
            time.sleep(_LOOK_AGAIN_S)
            self._read_all()
        if failed:
            self._note_states()
        for host in self._hosts.values():
            host.recorder.finish()

    def _read_all(self) -> None:
        for host in self._hosts.values():
            host.try_to_read()

    def _count(self, condition: Condition) -> int:
        return sum(self._hosts[name].counts[condition.output or ""] for name in condition.hosts)

    def _is_missing_lines(self) -> bool:
        """Are there fewer lines than are expected?"""
        of_hosts = (one for one in self._expected if one.output is not None and one.hosts)
        return any(self._count(one) < least(one) for one in of_hosts)

    def _note_states(self) -> None:
        with suppress(LabError):  # then the steps say what is wrong with the lab
            for status in self._lab.status().hosts:
                if host := self._hosts.get(status.name):
                    lines: Iterable[PrintedLine] = host.last
                    if status.state == "running":  # else they may say why it ended
                        lines = [line for line in lines if line.time_ns >= self._began_ns]
                    self._recorder.write(output.last_output(status.name, status.state, lines))


class _HostOutput:
    """One host's: `counts` says of each pattern how many lines it fits."""

    def __init__(
        self, lab: Lab, name: str, recorder: Recorder, conditions: Sequence[Condition]
    ) -> None:
        self._name = name
        self._printed = lab.printed(name)
        self._write = recorder.write
        self.recorder = OutputRecorder(name, recorder.write)
        wanted = {one.output for one in conditions if one.output is not None and name in one.hosts}
        self._patterns = {text: re.compile(text) for text in wanted}
        self.counts = dict.fromkeys(wanted, 0)
        self.last: deque[PrintedLine] = deque(maxlen=_LAST_LINES)
        self._failed = False

    def read(self) -> None:
        """Take the lines that have come; EngineError when they cannot be read."""
        for line in self._printed.lines():
            if output.is_of_syslog(line):
                continue
            self.recorder.take([line])
            self.last.append(line)
            for text, pattern in self._patterns.items():
                self.counts[text] += pattern.search(line.text) is not None

    def try_to_read(self) -> None:
        """Take them, or write down, once, why they cannot be read."""
        if self._failed:
            return
        try:
            self.read()
        except EngineError as error:
            self._failed = True
            self._write(OutputError(host=self._name, text=str(error)))


def least(condition: Condition) -> int:
    """Return how many there must be at the least."""
    found = condition.at_least if condition.count is None else condition.count
    return 1 if found is None else found
