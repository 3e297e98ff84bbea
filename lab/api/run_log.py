"""The evidence of a run: events in a folder, and the packets of the wire beside them.

It is written as it happens, so that a program that is killed has left what it saw.
"""

import time
from collections import deque
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from lab.api.lab import Lab
from lab.api.quiescence import wait_until_quiet
from lab.errors import LabError
from lab.evidence import folders, output
from lab.evidence.event_file import Recorder, event_of
from lab.evidence.events import End, Event, HostUp, Start, SyslogLine, Unsupported
from lab.evidence.output import OutputRecorder
from lab.model import HostStatus, PrintedLine

_LAST_LINES = 20
_QUIET_WITHIN_S = 2.0


class RunLog:
    """Events in a folder, and the packets of the wire beside them, until `finish`."""

    def __init__(self, folder: Path, start: Start) -> None:
        self.folder = folder
        self.began_ns = time.time_ns()
        # What keeps the evidence from being whole.
        self.errors: list[str] = []
        self._recorder: Recorder | None = Recorder(folder)
        self._entered = ExitStack()
        self.write(start)

    def open(self, lab: Lab, *, packets: bool) -> None:
        """Write the lab's hosts; with `packets`, begin to capture those."""
        for host in lab.status().hosts:
            self.write(HostUp(host=host.name, addresses=tuple(host.addresses)))
        for text in lab.missing_programs:
            self.write(Unsupported(text=text))
        if not packets:
            self.errors.append("packets were not to be recorded")
            return
        try:
            capture = lab.capture(self.folder / folders.CAPTURE, begin=False)
            self._entered.enter_context(capture)
        except LabError as error:
            self.errors.append(f"no packets were recorded: {error}")

    def write(self, event: Event | str, **fields: Any) -> Event:
        """Write an event and return it; after the end nothing is written any more.

        By its kind and fields, those are of version 1 of the format.
        """
        if isinstance(event, str):
            event = event_of({"kind": event, "time_ns": 0, **fields}, 1)
        return self._recorder.write(event) if self._recorder else event

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
        if self._recorder is None:
            return
        try:
            self._entered.close()
        except LabError as error:
            self.errors.append(str(error))
        self.write(End(errors=tuple(self.errors)))
        recorder, self._recorder = self._recorder, None
        recorder.close()
