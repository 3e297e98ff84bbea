"""A view of a lab: the lab itself, as one test sees it.

Faults that are put in force through it, programs, sockets and what is done to hosts end with it.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from lab.api.base import Connected, Host, Lab, Progress
from lab.api.capture import Capture
from lab.api.link import Link
from lab.api.links import WiredHost
from lab.api.outputs import Piece
from lab.api.recorded_host import RecordedHost
from lab.api.recorded_link import RecordedFault, RecordedLink
from lab.api.run_log import RunLog
from lab.errors import LabError, UsageError
from lab.model import LabStatus, LogLine


class RecordedLab(Lab):
    """Another lab, watched; `connect` gives connections to the agents of its hosts."""

    def __init__(self, lab: Lab, diary: RunLog, connect: Callable[[Host], Connected]) -> None:
        super().__init__()
        self.name = lab.name
        self.gives_half_lines = lab.gives_half_lines
        self.lacking = lab.lacking
        self.watched = {
            name: RecordedHost(host, diary, connect) for name, host in lab.hosts.items()
        }
        self.hosts = self.watched
        self.diary = diary
        self._lab = lab
        self._faults: list[RecordedFault] = []
        self._captures: list[Capture] = []
        self._settled = False

    def status(self) -> LabStatus:
        """Ask the engine, now."""
        return self._lab.status()

    def _link(self, sender: WiredHost, receiver: WiredHost) -> Link:
        return RecordedLink(super()._link(sender, receiver), self.diary, self._faults.append)

    def capture(
        self,
        to: str | Path | BinaryIO,
        *,
        hosts: Sequence[str] = (),
        snap_bytes: int = 65_535,
        begin: bool = True,
    ) -> Capture:
        """Let what comes to the wires go into a file, until the view ends at the latest."""
        capture = super().capture(to, hosts=hosts, snap_bytes=snap_bytes, begin=begin)
        if begin:
            self._captures.append(capture)
        return capture

    def pieces(self, host: str, *, alone: bool, follow: bool) -> Iterator[Piece]:
        """Yield what a host's programs wrote to their outputs, since the lab is up."""
        return self._lab.pieces(host, alone=alone, follow=follow)

    def reader(self, host: str) -> Callable[[], Iterator[Piece]]:
        """Return what yields a host's outputs, since the lab is up."""
        return self._lab.reader(host)

    def syslog(self, *, follow: bool = False) -> Iterator[LogLine]:
        """Yield the syslog lines since the view began; with `follow`, go on until the lab ends."""
        began_us = self.diary.began_ns // 1000
        for line in super().syslog(follow=follow):
            if round(line.time.timestamp() * 1e6) >= began_us:
                yield line

    def down(self, *, progress: Progress) -> None:
        """Refuse it: whoever has brought the lab up takes it down."""
        del progress
        text = f"lab {self.name}: is for other tests, too; it is taken down after the last"
        raise UsageError(text)

    @property
    def used(self) -> bool:
        """Has it opened connections, or run programs?"""
        return any(host.used for host in self.watched.values())

    @property
    def spoiled(self) -> bool:
        """Must the lab be another for those who come later?"""
        return any(host.spoiled for host in self.watched.values())

    def write_rest(self) -> None:
        """Lift the faults and write down what has not been yet, for the evidence to be whole."""
        for fault in self._faults:
            fault.settle()
        self._stop_captures()
        for host in self.watched.values():
            host.write_rest()
        self.diary.note_syslog(self)

    def _stop_captures(self) -> None:
        for capture in self._captures:
            try:
                capture.stop()
            except (LabError, OSError) as error:
                self.diary.note_trouble(str(error))

    def settle(self) -> None:
        """Undo all that was done; done again, it does nothing. `spoiled` says if that failed."""
        if self._settled:
            return
        self._settled = True
        for fault in self._faults:
            fault.settle()
        self._stop_captures()
        for host in self.watched.values():
            host.settle()
        for channel in self._channels.values():
            channel.close()
