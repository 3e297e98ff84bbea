"""What the hosts' own programs print while a scenario runs: events, and what is waited for.

It is read at each wait and at the end, from where the last reading ended: nothing is read twice,
and what a program has printed before is there.
"""

import re
import time
from collections import deque
from collections.abc import Iterable, Mapping
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

_LOOK_AGAIN_S = 0.01
_LAST_LINES_S = 2.0
_LAST_LINES = 20


class PrintedByHosts:
    """Reads the hosts that run programs of their own: those of a compose file."""

    def __init__(self, lab: Lab, recorder: Recorder, *, has_programs: bool) -> None:
        # How many lines must fit a pattern in the end, and of which hosts.
        self._expected: list[tuple[str, tuple[str, ...], int]] = []
        self._lab = lab
        self._recorder = recorder
        self._began_ns = time.time_ns()
        hosts: Mapping[str, Host] = lab.hosts if has_programs else {}
        self._hosts = {name: _HostOutput(lab, name, recorder) for name in hosts}

    def count(self, pattern: str, hosts: tuple[str, ...], expected: int | None) -> None:
        """Count the lines of hosts that fit a pattern, before anything has been read.

        So many are waited for at the end as are `expected`.
        """
        for name in hosts:
            self._hosts[name].count(pattern)
        if expected is not None:
            self._expected.append((pattern, hosts, expected))

    def wait(self, pattern: str, hosts: tuple[str, ...], least: int, within_s: float) -> int:
        """Wait for so many lines that fit a pattern; return how many there are."""
        until_s = time.monotonic() + within_s
        while True:
            for name in hosts:
                self._hosts[name].read()
            count = self._count_of(pattern, hosts)
            if count >= least or time.monotonic() > until_s:
                return count
            time.sleep(_LOOK_AGAIN_S)

    def end(self, *, failed: bool, interrupted: bool) -> None:
        """Take what has been printed so far, and of a run that has failed how the hosts are.

        Lines that are expected and are not there yet may come a little later; in a run that has
        failed, the programs may do first what they are about to do, such as to die. For one that
        was interrupted, such as by Ctrl-C, nothing is waited for.
        """
        if failed and not interrupted:
            hosts = [self._lab.hosts[name] for name in self._hosts]
            wait_until_quiet(hosts, _LAST_LINES_S)
        until_s = time.monotonic() + _LAST_LINES_S
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

    def _count_of(self, pattern: str, hosts: tuple[str, ...]) -> int:
        return sum(self._hosts[name].counts[pattern] for name in hosts)

    def _is_missing_lines(self) -> bool:
        """Are there fewer lines than are expected?"""
        return any(self._count_of(pattern, of) < least for pattern, of, least in self._expected)

    def _note_states(self) -> None:
        with suppress(LabError):  # then the steps show what is wrong with the lab
            for status in self._lab.status().hosts:
                if host := self._hosts.get(status.name):
                    lines: Iterable[PrintedLine] = host.last
                    if status.state == "running":  # else they may show why it ended
                        lines = [line for line in lines if line.time_ns >= self._began_ns]
                    self._recorder.write(output.last_output(status.name, status.state, lines))


class _HostOutput:
    """One host's; `counts` has how many lines fit each pattern."""

    def __init__(self, lab: Lab, name: str, recorder: Recorder) -> None:
        self._name = name
        self._printed = lab.printed(name)
        self._write = recorder.write
        self.recorder = OutputRecorder(name, recorder.write)
        self._patterns: dict[str, re.Pattern[str]] = {}
        self.counts: dict[str, int] = {}
        self.last: deque[PrintedLine] = deque(maxlen=_LAST_LINES)
        self._failed = False

    def count(self, pattern: str) -> None:
        """Count the lines that fit a pattern."""
        self._patterns[pattern] = re.compile(pattern)
        self.counts[pattern] = 0

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
