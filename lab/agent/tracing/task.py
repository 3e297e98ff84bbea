"""A traced thread and its process, as the tracer keeps them; a call that is being made."""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.agent.tracing import inspection, ptrace
from lab.agent.tracing.descriptors import Descriptors, OpenSocket
from lab.agent.tracing.filter import Stage
from lab.agent.tracing.traced_call import NO_SOCKET, SocketState

if TYPE_CHECKING:
    from lab.agent.tracing.kinds import CallKind

_OWN_ID = re.compile(r"^NSpid:.*?(\d+)$", re.MULTILINE)
_PROCESS_ID = re.compile(r"^Tgid:\s*(\d+)$", re.MULTILINE)
_PARENT_ID = re.compile(r"^PPid:\s*(\d+)$", re.MULTILINE)


class Process:
    """A process: its threads share all that is here.

    `rest` is how a thread goes on of which nothing is to be seen: CONT or SYSCALL (ptrace(2)).
    """

    __slots__ = (
        "_own_pid",
        "_pidfd",
        "continues",
        "descriptors",
        "filtered",
        "has_exited",
        "let_go",
        "pid",
        "program",
        "rest",
        "root",
        "stage",
    )

    def __init__(self, pid: int, descriptors: Descriptors, *, filtered: bool) -> None:
        self.pid = pid
        self.root = pid  # the process that was attached to, which this one descends from
        self.program = program(pid)
        self.descriptors = descriptors
        self.filtered = filtered  # a filter stops it, or is to
        self.stage = Stage.NONE
        self.rest = ptrace.SYSCALL
        self.continues = False  # it is stopped, and is to continue itself
        self.let_go = False  # its threads are, where they stop next
        self.has_exited = False
        self._pidfd: int | None = None
        self._own_pid = 0

    @property
    def pidfd(self) -> int:
        """A descriptor for the process; -1 where there is none any more."""
        if self._pidfd is None:
            try:
                self._pidfd = os.pidfd_open(self.pid)
            except OSError:
                return -1
        return self._pidfd

    @property
    def own_pid(self) -> int:
        """Its number in its own pid namespace."""
        if not self._own_pid:
            self._own_pid = own_id(self.pid)
        return self._own_pid

    def forked(self, pid: int) -> "Process":
        """Return the process of a fork of this one."""
        child = Process(pid, self.descriptors.copy(), filtered=self.filtered)
        child.stage, child.rest, child.root = self.stage, self.rest, self.root
        child.let_go = self.let_go
        return child

    def orphan(self, pid: int) -> "Process":
        """Return the process of a fork whose parent did not live to tell of it."""
        child = self.forked(pid)
        child.descriptors = inspection.table(pid, child.pidfd)
        return child

    def executed(self) -> None:
        """Note what another program has of what this one had."""
        self.program = program(self.pid)
        self.look_again()

    def look(self, descriptor: int) -> OpenSocket | None:
        """Return the socket of a descriptor, known already or looked at now."""
        known = self.descriptors.socket(descriptor)
        if known is None and (known := inspection.look(self.pidfd, descriptor)):
            self.descriptors.add(descriptor, known)
        return known

    def look_again(self) -> None:
        """Forget the descriptors that are closed by now."""
        kept = {
            number: one
            for number, one in self.descriptors.table.items()
            if inspection.is_open(self.pidfd, number)
        }
        self.descriptors = Descriptors(kept)

    def close(self) -> None:
        """Close what this object has open."""
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None


class Task:
    """A thread."""

    __slots__ = ("_own_tid", "call", "exits", "interrupted", "process", "returns", "tid")

    def __init__(self, tid: int, process: Process) -> None:
        self.tid = tid
        self.process = process
        self.returns = False  # from a signal's handler
        self.exits = False
        self.call: PendingCall | None = None
        self.interrupted: list[PendingCall] = []  # by signals: they may be begun anew
        self._own_tid = 0

    @property
    def own_tid(self) -> int:
        """Its number in its own pid namespace."""
        self.learn_own_ids()
        return self._own_tid

    @property
    def is_changed(self) -> bool:
        """Has a fault changed what it has in its registers, until its call ends?"""
        return self.call is not None and bool(self.call.error or self.call.undo)

    def learn_own_ids(self) -> None:
        """Look up its numbers, and its process's, while they are there."""
        if not self._own_tid:
            self._own_tid = own_id(self.tid)
            _ = self.process.own_pid

    def go_on(self, signal: int = 0) -> None:
        """Let it go on, with a signal unless it is 0, to the next thing that is to be seen."""
        seen = self.call is not None or self.interrupted
        ptrace.resume(ptrace.SYSCALL if seen else self.process.rest, self.tid, signal)

    def moved(self, tid: int) -> None:
        """Take over the number of the process's first thread, as who makes an exec does."""
        if tid != self.tid:
            self.tid, self._own_tid = tid, 0


@dataclass(slots=True, eq=False)
class PendingCall:
    """A call between its beginning and its end; `seen` is what was read of the program's memory."""

    kind: "CallKind"
    task: Task
    arguments: list[int]
    descriptor: int | None
    opened: OpenSocket | None
    began_ns: int = 0
    counter: int = 0  # where the program goes on after it
    seen: dict[str, Any] = field(default_factory=dict)
    data: bytes = b""
    size_bytes: int | None = None
    made: SocketState = NO_SOCKET
    result: int | None = None
    ended_ns: int | None = None
    restarts: int = 0
    fault: int | None = None
    peer: str = ""  # the address that it is given
    will_be: SocketState | None = None  # the socket that it is to make
    error: int | None = None  # what a fault makes of it
    undo: Callable[[], None] | None = None  # of what a fault changed in the program

    @property
    def process(self) -> Process:
        """The process that makes it."""
        return self.task.process


def own_id(tid: int) -> int:
    """Return the number of a thread in its own pid namespace; as we see it, if it is gone."""
    with suppress(OSError):
        if found := _OWN_ID.search(Path(f"/proc/{tid}/status").read_text("utf-8", "replace")):
            return int(found[1])
    return tid


def process_id(tid: int) -> int:
    """Return the process of a thread; the thread itself, if it is gone."""
    with suppress(OSError):
        if found := _PROCESS_ID.search(Path(f"/proc/{tid}/status").read_text("utf-8", "replace")):
            return int(found[1])
    return tid


def parent_id(tid: int) -> int:
    """Return the parent of a thread's process; 0, if it is gone."""
    with suppress(OSError):
        if found := _PARENT_ID.search(Path(f"/proc/{tid}/status").read_text("utf-8", "replace")):
            return int(found[1])
    return 0


def program(pid: int) -> str:
    """Return the name of a process's executable file, "" where it cannot be known."""
    with suppress(OSError):
        path = os.fsencode(os.readlink(f"/proc/{pid}/exe"))  # noqa: PTH115
        name = path.rpartition(b"/")[2].removesuffix(b" (deleted)")
        return name.decode(errors="backslashreplace")
    return ""
