"""The loop of the tracer: a thread stops, is looked at, and goes on.

All of it must run in one thread: the kernel takes requests for a traced thread from its tracer's
thread alone. That thread waits by SIGCHLD, which is blocked in it from the first: threads that
are started later inherit that, and those that were there before must block it, too.

A program that has a filter ends with its tracer (PTRACE_O_EXITKILL): without one, each of the
calls that the filter stops at would fail with ENOSYS (seccomp(2)), and a program must not go on
damaged. One without a filter (`filtered=False`) goes on unharmed; each call of it costs two stops.
"""

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from lab.agent.tracing import attaching, inspection, ptrace
from lab.agent.tracing.call_stops import CallStops
from lab.agent.tracing.descriptors import Descriptors
from lab.agent.tracing.fault import CallFault
from lab.agent.tracing.injection import ThreadEndedError
from lab.agent.tracing.machine import this_machine
from lab.agent.tracing.task import Process, Task, process_id
from lab.agent.tracing.traced_call import Notice, TracedCall

_STOPPED = 0x7F
_CALL_STOP = signal.SIGTRAP | 0x80
_SECCOMP_STOP = signal.SIGTRAP | ptrace.EVENT_SECCOMP << 8
_NEW = (ptrace.EVENT_FORK, ptrace.EVENT_VFORK, ptrace.EVENT_CLONE)
_JOB_CONTROL = (signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
_WAITED_FOR = (signal.SIGCHLD,)
_LONGEST_WAIT_S = 3600.0
# A thread that does not block SIGCHLD may take it; then a delay is late by so much at most.
_LONGEST_WITH_DELAYS_S = 0.01


class Tracer:
    """Traces processes, and what they start, until they have ended.

    Its own process has no children that others wait for: their ends are taken here, too.
    """

    def __init__(
        self,
        on_call: Callable[[TracedCall], None],
        on_notice: Callable[[Notice], None] = lambda _notice: None,
        on_exit: Callable[[int], None] = lambda _pid: None,
    ) -> None:
        """`on_exit` is called with each process that has ended, after the last of its calls."""
        self._on_exit = on_exit
        self.statuses: dict[int, int] = {}
        """Of processes that have ended: what waitpid(2) gave."""
        self._tasks: dict[int, Task] = {}
        self._early: set[int] = set()  # have stopped before their parent told of them
        self._stops = CallStops(on_call, on_notice)
        self._audit = this_machine().audit
        self._requests: deque[Callable[[], None]] = deque()
        self._releases = False
        self._thread = threading.get_ident()
        signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED_FOR)

    @property
    def faults(self) -> list[CallFault]:
        """The faults that act now, in their order: the first that takes a call has it."""
        return self._stops.faults.active

    def attach(self, pid: int, *, filtered: bool = True, resume: bool = False) -> None:
        """Trace a process, from where it is now; `resume` continues one that is stopped.

        OSError where it cannot be traced, with a text for people. Of the tracer's thread alone.
        """
        tids = attaching.seize(pid, kill_with_tracer=filtered)
        process = Process(pid, Descriptors(), filtered=filtered)
        process.descriptors = inspection.table(pid, process.pidfd)
        for tid in tids:
            self._tasks[tid] = Task(tid, process)
        if resume:
            try:
                os.kill(pid, signal.SIGCONT)
            except PermissionError:  # another user's, of another session (kill(2))
                process.continues = True

    def request(self, action: Callable[[], None]) -> None:
        """Have the tracer's thread do something soon; of any thread."""
        self._requests.append(action)
        signal.pthread_kill(self._thread, signal.SIGCHLD)

    def release(self) -> None:
        """Report no call from now on, and let go of every process that needs no tracer.

        Calls that are being made are reported as such. Processes that have a filter are let through
        it until they end. Of the tracer's thread alone.
        """
        self._releases = True
        self.faults.clear()
        self._stops.end_reports(self._tasks.values())
        for tid, task in self._tasks.items():
            if task.process.stage:
                task.process.rest = ptrace.CONT
            with suppress(ProcessLookupError):
                ptrace.interrupt(tid)

    def run(self, *, forever: bool = False) -> None:
        """Trace until every process has ended, or forever: then requests bring others."""
        while self._tasks or forever:
            try:
                tid, status = os.waitpid(-1, ptrace.WALL | os.WNOHANG)
            except ChildProcessError:
                tid = 0
            if tid:
                self._handle(tid, status)
            else:
                self._wait()

    def _wait(self) -> None:
        """Wait until a thread stops, a delay is over or somebody requests something."""
        longest_s = _LONGEST_WAIT_S
        if (due_ns := self._stops.faults.next_due_ns()) is not None:
            left_s = (due_ns - time.monotonic_ns()) / 1e9
            longest_s = min(max(left_s, 0), _LONGEST_WITH_DELAYS_S)
        signal.sigtimedwait(_WAITED_FOR, longest_s)
        self._stops.let_go_due()
        while self._requests:
            self._requests.popleft()()

    def _handle(self, tid: int, status: int) -> None:
        try:
            if status & 0xFF != _STOPPED:
                self._ended(tid, status)
            elif (task := self._tasks.get(tid)) is None:
                self._early.add(tid)
            elif self._releases and not task.process.stage and not task.is_changed:
                self._detach(task, status >> 8)
            else:
                self._stopped(task, status >> 8)
        except ProcessLookupError:  # killed meanwhile; its end comes next
            pass
        except ThreadEndedError as ended:
            self._ended(ended.tid, ended.status)
        except Exception as error:  # whatever it is, the program goes on
            if (task := self._tasks.get(tid)) is not None:
                self._stops.notice(task, "error", repr(error))
                with suppress(ProcessLookupError):
                    task.go_on()

    def _stopped(self, task: Task, stop: int) -> None:
        if stop == _SECCOMP_STOP:
            if self._releases:
                task.go_on()
            else:
                self._stops.begins(task)
        elif stop == _CALL_STOP:
            self._stops.stops(task)
        elif (event := stop >> 8) == ptrace.EVENT_STOP:
            if stop & 0xFF in _JOB_CONTROL and not task.process.continues:
                ptrace.listen(task.tid)
            else:
                task.go_on()
        elif event in _NEW:
            self._started(task)
        elif event == ptrace.EVENT_EXEC:
            self._executed(task.tid)
        else:
            task.go_on(0 if event else stop & 0xFF)

    def _detach(self, task: Task, stop: int) -> None:
        """Let go of a thread that no filter stops."""
        is_signal = stop != _CALL_STOP and not stop >> 8
        ptrace.detach(task.tid, stop & 0xFF if is_signal else 0)
        del self._tasks[task.tid]
        if not any(one.process is task.process for one in self._tasks.values()):
            task.process.close()

    def _started(self, task: Task) -> None:
        """A thread has started another, or a process."""
        tid = ptrace.event_message(task.tid)
        if tid not in self._tasks:
            pid = process_id(tid)
            parent = task.process
            self._add(Task(tid, parent if pid == parent.pid else parent.forked(pid)))
        task.go_on()

    def _add(self, task: Task) -> None:
        self._tasks[task.tid] = task
        if task.tid in self._early:
            self._early.remove(task.tid)
            with suppress(ProcessLookupError):
                task.go_on()

    def _executed(self, tid: int) -> None:
        """A process runs another program; of its threads the one that asked for it is left."""
        former = ptrace.event_message(tid)
        task = self._tasks[former] if former in self._tasks else self._tasks[tid]
        process = task.process
        for other in [one for one in self._tasks.values() if one.process is process]:
            if other is not task:
                del self._tasks[other.tid]
                self._stops.forget(other)
        self._stops.forget_interrupted(task)
        self._tasks.pop(former, None)
        task.moved(tid)
        self._tasks[tid] = task
        process.executed()
        if ptrace.architecture(tid) != self._audit:
            self._stops.notice(task, "architecture")
        task.go_on()

    def _ended(self, tid: int, status: int) -> None:
        """A thread has ended."""
        self._early.discard(tid)
        task = self._tasks.pop(tid, None)
        if task is None:
            return
        self._stops.forget(task)
        process = task.process
        if not any(one.process is process for one in self._tasks.values()):
            self.statuses[process.pid] = status
            process.close()
            self._on_exit(process.pid)
        for early in list(self._early):  # who may have started it has ended
            self._add(Task(early, process.orphan(process_id(early))))
