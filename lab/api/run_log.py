"""The evidence of a run: events in a folder, and the packets of the wire beside them.

It is written as it happens, so that a program that is killed has left what it saw.
"""

import platform
import time
from collections import deque
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from lab import __version__
from lab.api.lab import Lab
from lab.api.quiescence import wait_until_quiet
from lab.errors import LabError
from lab.evidence import folders, output
from lab.evidence.events import Event, Recorder
from lab.evidence.output import OutputRecorder
from lab.model import HostStatus, PrintedLine

_LAST_LINES = 20
_QUIET_WITHIN_S = 2.0


class RunLog:
    """Events in a folder, and the packets of the wire beside them, until `finish`."""

    def __init__(self, folder: Path, facts: dict[str, Any]) -> None:
        self.folder = folder
        self.began_ns = time.time_ns()
        # What keeps the evidence from being whole.
        self.errors: list[str] = []
        self._recorder: Recorder | None = Recorder(folder)
        self._entered = ExitStack()
        self.write(
            "start",
            **facts,
            kernel=platform.release(),
            python=platform.python_version(),
            socket_lab=__version__,
        )

    def open(self, lab: Lab, *, packets: bool) -> None:
        """Write the lab's hosts; with `packets`, begin to capture those."""
        for host in lab.status().hosts:
            self.write("host_up", host=host.name, addresses=list(host.addresses))
        for text in lab.missing_programs:
            self.write("lacking", text=text)
        if not packets:
            self.errors.append("packets were not to be recorded")
            return
        try:
            capture = lab.capture(self.folder / folders.CAPTURE, begin=False)
            self._entered.enter_context(capture)
        except LabError as error:
            self.errors.append(f"no packets were recorded: {error}")

    def write(self, kind: str, **fields: Any) -> Event:
        """Write an event; after the end nothing is written any more."""
        recorder = self._recorder
        return recorder.write(kind, **fields) if recorder else {"kind": kind, **fields}

    def write_syslog(self, lab: Lab) -> None:
        """Write the syslog lines of a view of the lab, as far as they have come."""
        if "syslog" not in lab.hosts:
            return
        try:
            for line in lab.syslog():
                time_ns = round(line.time.timestamp() * 1e6) * 1000
                fields = line._asdict() | {"time_ns": time_ns}
                for key in ("time", "lost_bytes"):
                    del fields[key]
                self.write("syslog", **fields)
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
        self.write("printed", **output.as_event(host.name, host.state, last))

    def finish(self) -> None:
        """End the capture and the events; done again, it does nothing."""
        if self._recorder is None:
            return
        try:
            self._entered.close()
        except LabError as error:
            self.errors.append(str(error))
        self.write("end", troubles=self.errors)
        recorder, self._recorder = self._recorder, None
        recorder.close()
