"""The evidence of a run: events in a folder, and the packets of the wire beside them.

It is written as it happens, so that a program that is killed has left what it saw.
"""

import platform
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType

from lab import __version__
from lab.api.capture import Capture
from lab.api.lab import Lab
from lab.api.quiescence import wait_until_quiet
from lab.errors import LabError
from lab.evidence import folders, output
from lab.evidence.event_file import Recorder
from lab.evidence.events import End, Event, FileContent, HostUp, MissingProgram, Start, SyslogLine
from lab.evidence.output import OutputRecorder
from lab.model import HostStatus, PrintedLine

_LAST_LINES = 20
_QUIET_WITHIN_S = 2.0


class RunLog:
    """Events in a folder, and the packets of the wire beside them, until `finish`."""

    def __init__(
        self,
        folder: Path,
        *,
        engine: str,
        title: str,
        path: Path,
        hosts: Sequence[str],
        scenario: str | None = None,
        seed: int | None = None,
        replicas: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
        test: str | None = None,
        control: bool = False,
    ) -> None:
        """Begin it with the event `start`: of a scenario, with its seed, or of a test."""
        self.folder = folder
        self.began_ns = time.time_ns()
        # What keeps the evidence from being whole.
        self.errors: list[str] = []
        self.recorder = Recorder(folder)
        # The capture, which `end` has the digest of.
        self.packets: Capture | None = None
        # The scenario, if it is of one.
        self.scenario: FileContent | None = None
        self._ended = False
        self._entered = ExitStack()
        self.write(
            Start(
                scenario=scenario,
                test=test,
                title=title,
                path=str(path),
                seed=seed,
                control=control,
                engine=engine,
                kernel=platform.release(),
                python=platform.python_version(),
                socket_lab=__version__,
                hosts=tuple(hosts),
                replicas=replicas,
            )
        )

    def write_hosts(self, lab: Lab) -> None:
        """Write which hosts are up, and what they cannot do on this machine."""
        for host in lab.status().hosts:
            self.write(HostUp(host=host.name, addresses=tuple(host.addresses)))
        for text in lab.missing_programs:
            self.write(MissingProgram(text=text))

    def capture(self, lab: Lab) -> None:
        """Capture the packets of the lab, until `finish`, which writes what it has not all of.

        That it cannot be is one of `errors`.
        """
        try:
            capture = lab.capture(self.folder / folders.CAPTURE, begin=False)
            self._entered.callback(self._write_end_of, capture)  # after it has ended
            self._entered.enter_context(capture)
            self.packets = capture
        except LabError as error:
            self.errors.append(f"no packets were recorded: {error}")

    def _write_end_of(self, capture: Capture) -> None:
        if capture.digest:  # it is whole
            self.write(capture.captured.event)

    def write(self, event: Event) -> None:
        """Write an event; after the end nothing is written any more."""
        if not self._ended:
            self.recorder.write(event)

    def write_syslog(self, lab: Lab) -> None:
        """Write the syslog lines of a view of the lab, as far as they have come."""
        if "syslog" not in lab.hosts:
            return
        try:
            for line in lab.syslog():
                self.write(SyslogLine.of(line))
        except LabError as error:
            self.errors.append(f"syslog: {error}")

    def write_outputs(self, lab: Lab) -> None:
        """Write how the hosts are, and what their programs have printed since the beginning.

        They may do first what they are about to do, such as to die.
        """
        wait_until_quiet(lab.hosts.values(), _QUIET_WITHIN_S)
        try:
            for host in lab.status().hosts:
                self._write_output(lab, host)
        except LabError as error:
            self.errors.append(f"what hosts printed: {error}")

    def _write_output(self, lab: Lab, host: HostStatus) -> None:
        recorder = OutputRecorder(host.name, self.write)
        last: deque[PrintedLine] = deque(maxlen=_LAST_LINES)
        for line in lab.printed(host.name).lines():
            if output.is_of_syslog(line):
                continue
            last.append(line)
            if line.time_ns >= self.began_ns:
                recorder.take([line])
        recorder.finish()
        self.write(output.last_output(host.name, host.state, last))

    def finish(self) -> None:
        """End the capture and the events; done again, it does nothing."""
        if self._ended:
            return
        try:
            self._entered.close()
        except LabError as error:
            self.errors.append(str(error))
        digest = self.packets.digest if self.packets else None
        self.write(End(errors=tuple(self.errors), capture=digest, scenario=self.scenario))
        self._ended = True
        self.recorder.close()
