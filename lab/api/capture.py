"""Records what comes to the wires of hosts, and what becomes of it, until it is stopped.

with lab.capture("wire.pcapng") as capture:
    ...
assert capture.captured.arrived_packets
"""

import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import BinaryIO

from lab.api.agent_client import AgentClient
from lab.api.capture_requests import CaptureRequest, begun
from lab.api.observer import NO_OBSERVER, Observer
from lab.api.traffic_comparison import TrafficComparison
from lab.errors import EvidenceError, UsageError
from lab.evidence import reordering
from lab.evidence.capture_writer import Captured, CaptureWriter
from lab.evidence.events import FileContent
from lab.net.pcapng import MOST_SNAP_BYTES

_ENDS_WITHIN_S = 30.0  # an agent ends its stream at once, but 32 MB may wait before that


class Capture(AbstractContextManager["Capture"]):
    """A capture of some hosts, into a file or something else that takes bytes.

    It ends with `stop`, or when its `with` block is left. A file has its packets in the order of
    their times then; before, and in a pipe for good, a packet comes when its fate is known.
    Beginning raises UsageError when the file cannot be made, and EngineError when a host has no
    wire; the end raises EvidenceError when the file takes no more (BrokenPipeError: nobody reads
    it).
    """

    def __init__(
        self,
        to: Path | BinaryIO,
        hosts: Sequence[CaptureRequest],
        *,
        snap_bytes: int,
        observer: Observer = NO_OBSERVER,
    ) -> None:
        if not 1 <= snap_bytes <= MOST_SNAP_BYTES:
            text = f"snap_bytes {snap_bytes}: must be 1 to {MOST_SNAP_BYTES}"
            raise UsageError(text)
        self._to = to
        self._requests = hosts
        self.hosts = tuple(one.host for one in hosts)
        self._snap_bytes = snap_bytes
        self._observer = observer
        self._agents: Mapping[str, AgentClient] = {}
        self._entered = ExitStack()
        # Not the thread's own `join`, which Ctrl-C breaks in Python 3.11 (bpo-45274).
        self._done = threading.Event()
        # Whether the thread has begun, and whether it may: an interrupt may come in between.
        self._beginning = threading.Lock()
        self._records = self._abandoned = False
        self._failed: Exception | None = None
        self._captured: Captured | None = None
        self._digest: FileContent | None = None
        self._begun = self._ended = False

    def __enter__(self) -> "Capture":
        if self._ended:
            text = f"capture {self._name}: has ended; make another"
            raise UsageError(text)
        if not self._begun:
            self.begin()
        return self

    def begin(self) -> None:
        """Begin it, once."""
        with ExitStack() as entered:
            to = self._to
            file = entered.enter_context(_opened(to)) if isinstance(to, Path) else to
            self._agents = entered.enter_context(begun(self._requests))
            streams = {name: agent.stream() for name, agent in self._agents.items()}
            self._writer = CaptureWriter(file, streams, snap_bytes=self._snap_bytes)
            entered.callback(self._abandon)
            threading.Thread(target=self._record, daemon=True).start()
            self._entered = entered.pop_all()
        self._begun = True
        self._observer.capture_begun(self)

    @property
    def _name(self) -> object:
        return self._to if isinstance(self._to, Path) else getattr(self._to, "name", self._to)

    def _record(self) -> None:
        with self._beginning:
            if self._abandoned:
                return
            self._records = True
        try:
            self._writer.run()
        except (OSError, EvidenceError) as error:
            self._failed = error
        finally:
            self._done.set()

    def _abandon(self) -> None:
        """Let the thread end before what it reads and writes is closed."""
        with self._beginning:
            self._abandoned = True
        if self._records:
            for agent in self._agents.values():
                agent.abort()
            self._done.wait()

    def wait(self, seconds: float | None = None) -> None:
        """Return after so many seconds (None: never), or when there is nothing left to capture."""
        self._done.wait(seconds)

    def leave(self, host: str) -> None:
        """End it on a host that is about to end: what has come there until now is in it, whole."""
        if host in self._agents and host not in self._writer.ended:
            self._agents[host].end()
            self._writer.wait_for_end(host, _ENDS_WITHIN_S)

    @property
    def captured(self) -> Captured:
        """What is in the capture, once it has ended. UsageError before."""
        if self._captured is None:
            text = "is not whole" if self._ended else "has not ended; call stop(), or use with"
            raise UsageError(f"capture {self._name}: {text}")
        return self._captured

    @property
    def digest(self) -> FileContent | None:
        """What is in the file, once it is whole; None before."""
        return self._digest

    def __exit__(self, kind: type[BaseException] | None, *_exception: object) -> None:
        self._end()
        if kind is None:
            self._raise_failure()

    def stop(self) -> None:
        """End it; what has come until now is in it. Stopped again, it does nothing more."""
        if not self._ended:
            self._end()
            self._raise_failure()

    def _end(self) -> None:
        if self._ended or not self._begun:
            return
        self._ended = True
        with self._entered:
            try:
                self._stop()
            except (OSError, EvidenceError) as error:
                self._failed = self._failed or error

    def _raise_failure(self) -> None:
        failed, self._failed = self._failed, None
        if isinstance(failed, OSError) and not isinstance(failed, BrokenPipeError):
            text = f"capture {self._name}: {failed.strerror}"
            raise EvidenceError(text) from failed
        if failed:
            raise failed

    def _stop(self) -> None:
        """End the streams, and complete the file once they are in it."""
        early = tuple(host for host in self._agents if host in self._writer.ended)
        comparison = self._comparison(early)
        try:
            lost_outside = comparison.losses()
            for agent in self._agents.values():
                agent.end()
            self._done.wait(_ENDS_WITHIN_S)
        finally:
            self._abandon()
        if self._failed:
            return
        self._captured = self._writer.finish(
            ended_early=early, lost_outside=lost_outside, uncounted=comparison.uncounted
        )
        if isinstance(self._to, Path) and not self._writer.in_order and self._to.is_file():
            self._digest = reordering.sort(self._to).result()
        else:
            self._digest = self._writer.digest.result()

    def _comparison(self, early: Sequence[str]) -> TrafficComparison:
        """Return what finds out the losses between hosts whose agents are there still."""
        agents = {name: agent for name, agent in self._agents.items() if name not in early}
        addresses = {name: some for one in self._requests for name, some in one.sources.items()}
        return TrafficComparison(agents, self._writer, addresses)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("wb", buffering=0)
    except OSError as error:
        text = f"{path}: {error.strerror}; choose another file for the capture"
        raise UsageError(text) from None
