"""The loop of the tracer: a thread stops, is looked at, and goes on.

All of it must run in one thread: the kernel takes requests for a traced thread from its tracer's
thread alone. That thread waits by SIGCHLD, which is blocked in it from the first: threads that
are started later inherit that, and those that were there before must block it, too.

A program that has a filter ends with its tracer (PTRACE_O_EXITKILL): without one, each of the
calls that the filter stops at would fail with ENOSYS (seccomp(2)), and a program must not go on
damaged. One without a filter (`filtered=False`) goes on unharmed, and can be let go (`release`);
each call of it costs two stops.
"""

import errno
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress

from lab.agent.tracing import attaching, inspection, ptrace, restarting
from lab.agent.tracing.call_stops import CallStops
from lab.agent.tracing.descriptors import Descriptors
from lab.agent.tracing.fault import CallFault
from lab.agent.tracing.injection import ThreadEndedError
from lab.agent.tracing.machine import this_machine
from lab.agent.tracing.task import Process, Task
from lab.agent.tracing.tasks import Tasks
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
_LOOK_AGAIN_S = 0.1  # for threads that have ended unseen while they are let go


class Tracer:
    """Traces processes, and what they start, until they have ended.

    Its own process has no children that others wait for: their ends are taken here, too.
    """

    def __init__(
        self,
        on_call: Callable[[TracedCall], None],
        on_notice: Callable[[Notice], None] = lambda _notice: None,
        on_exit: Callable[[int], None] = lambda _pid: None,
        on_idle: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_exit` is called with each process that has ended, after the last of its calls.

        `on_idle` is called after a request, when all has been reported that was seen, and before a
        process ends which may take this one with it.
        """
        self._on_exit = on_exit
        self._on_idle = on_idle
        self.statuses: dict[int, int] = {}
        """Of processes that have ended: what waitpid(2) gave."""
        self._stops = CallStops(on_call, on_notice)
        self._tasks = Tasks(self._stops.forget, self._gone, self._end_releases)
        self._audit = this_machine().audit
        self._requests: deque[Callable[[], None]] = deque()
        self._releases: dict[int, Callable[[], None]] = {}  # by root
        self._thread = threading.get_ident()
        signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED_FOR)

    @property
    def faults(self) -> list[CallFault]:
        """The faults that act now, in their order: the first that takes a call has it."""
        return self._stops.faults.active

    @property
    def unfiltered(self) -> set[int]:
        """The roots of the processes that can be let go."""
        processes = {one.process for one in self._tasks}
        filtered = {one.root for one in processes if one.filtered or one.stage}
        return {one.root for one in processes} - filtered

    def attach(self, pid: int, *, filtered: bool = True, resume: bool = False) -> None:
        """Trace a process, from where it is now; `resume` continues one that is stopped.

        OSError where it cannot be traced, with a text for people. Of the tracer's thread alone.
        """
        if not (tids := attaching.seize(pid, kill_with_tracer=filtered)):
            raise ProcessLookupError(errno.ESRCH, f"process {pid}: it has ended")
        process = Process(pid, Descriptors(), filtered=filtered)
        process.descriptors = inspection.table(pid, process.pidfd)
        for tid in tids:
            self._tasks.add(Task(tid, process))
        if resume:
            try:
                os.kill(pid, signal.SIGCONT)
            except PermissionError:  # another user's, of another session (kill(2))
                process.continues = True

    def request(self, action: Callable[[], None]) -> None:
        """Have the tracer's thread do something soon; of any thread."""
        self._requests.append(action)
        signal.pthread_kill(self._thread, signal.SIGCHLD)

    def release(self, root: int, on_done: Callable[[], None]) -> None:
        """Let go of a process without a filter that was attached to, and of what it has started.

        No call of them is reported from now on; those that are being made are, as such. `on_done`
        is called when nothing of it is traced any more. Of the tracer's thread alone.
        """
        self._releases[root] = on_done
        tasks = self._tasks.of_root(root)
        for task in tasks:
            task.process.let_go = True
        self._stops.end_reports(root, tasks)
        self._interrupt(tasks)
        self._end_releases()

    def run(self, *, forever: bool = False) -> None:
        """Trace until every process has ended, or forever: then requests bring others."""
        while self._tasks or forever:
            stopped = self._stopped_now()
            for tid, status in stopped.items():
                self._handle(tid, status)
            if not stopped and (self._tasks or forever):
                self._on_idle()
                self._wait()
            self._stops.let_go_due()
            while self._requests:
                self._requests.popleft()()
                self._on_idle()

    def _stopped_now(self) -> dict[int, int]:
        """Return all threads that wait for this tracer: none waits for those that stop often."""
        found: dict[int, int] = {}
        try:
            while (one := os.waitpid(-1, ptrace.WALL | os.WNOHANG))[0]:
                found[one[0]] = one[1]
                if len(found) >= len(self._tasks):  # most often there is one thread
                    break
        except ChildProcessError:  # nothing is traced, whatever was not seen to end
            if not found:
                self._tasks.forget(self._tasks)
        return found

    def _wait(self) -> None:
        """Wait until a thread stops, a delay is over or somebody requests something."""
        longest_s = _LOOK_AGAIN_S if self._releases else _LONGEST_WAIT_S
        if (due_ns := self._stops.faults.next_due_ns()) is not None:
            left_s = (due_ns - time.monotonic_ns()) / 1e9
            longest_s = min(max(left_s, 0), _LONGEST_WITH_DELAYS_S)
        if signal.sigtimedwait(_WAITED_FOR, longest_s) is None and self._releases:
            self._look_again()

    def _handle(self, tid: int, status: int) -> None:
        try:
            if status & 0xFF != _STOPPED:
                self._ended(tid, status)
            elif (task := self._tasks.get(tid)) is None:
                self._tasks.stopped_early(tid)
            elif task.process.let_go:
                self._let_go(task, status >> 8)
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
            self._stops.begins(task)
        elif stop == _CALL_STOP:
            self._stops.stops(task)
        elif (event := stop >> 8) == ptrace.EVENT_STOP:
            if stop & 0xFF in _JOB_CONTROL and not task.process.continues:
                ptrace.listen(task.tid)
            else:
                restarting.restart(task.tid)
                task.go_on()
        elif event in _NEW:
            self._tasks.add_started(task, ptrace.event_message(task.tid))
            task.go_on()
        elif event == ptrace.EVENT_EXEC:
            self._executed(task.tid)
        elif event == ptrace.EVENT_EXIT:
            self._exits(task)
        else:
            task.go_on(0 if event else stop & 0xFF)

    def _executed(self, tid: int) -> None:
        """A process runs another program; of its threads the one that asked for it is left."""
        task = self._tasks.executed(tid, ptrace.event_message(tid))
        self._stops.forget_interrupted(task)
        task.process.executed()
        if ptrace.architecture(tid) != self._audit:
            self._stops.notice(task, "architecture")
        task.go_on()

    def _exits(self, task: Task) -> None:
        """A thread is about to end; if it is the last of a host's process 1, all there end."""
        self._stops.forget(task)
        task.exits = True
        if all(one.exits for one in self._tasks.of(task.process)):
            self._exited(task.process)
            self._on_idle()
        ptrace.resume(ptrace.CONT, task.tid)

    def _ended(self, tid: int, status: int) -> None:
        """A thread has ended."""
        if (task := self._tasks.get(tid)) is not None:
            self.statuses[task.process.pid] = status
        self._tasks.ended(tid)

    def _gone(self, process: Process) -> None:
        process.close()
        self._exited(process)

    def _exited(self, process: Process) -> None:
        if not (process.has_exited or process.let_go):
            process.has_exited = True
            self._on_exit(process.pid)

    # --- letting go

    def _let_go(self, task: Task, stop: int) -> None:
        """A thread has stopped whose process is let go."""
        event = stop >> 8
        if task.is_changed or event in _NEW or event == ptrace.EVENT_EXEC:
            self._stopped(task, stop)
            self._interrupt([task])  # and the next stop is its last
            return
        if event == ptrace.EVENT_STOP or stop == _CALL_STOP:
            restarting.restart(task.tid)
        self._tasks.detach(task, 0 if event or stop == _CALL_STOP else stop)

    def _look_again(self) -> None:
        """Forget threads that have ended unseen, and ask the others again to stop."""
        tasks = [one for one in self._tasks if one.process.let_go]
        ended = [one for one in tasks if attaching.has_ended(one.tid)]
        self._tasks.forget(ended)
        self._interrupt(one for one in tasks if one not in ended)

    def _interrupt(self, tasks: Iterable[Task]) -> None:
        for task in tasks:
            with suppress(ProcessLookupError):
                ptrace.interrupt(task.tid)

    def _end_releases(self) -> None:
        if not self._releases:
            return
        left = {one.process.root for one in self._tasks}
        for root in self._releases.keys() - left:
            self._stops.unreported.discard(root)
            self._releases.pop(root)()
