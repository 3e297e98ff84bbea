"""The loop of the tracer: a thread stops, is looked at, and goes on.

All of it must run in one thread: the kernel takes requests for a traced thread from its tracer's
thread alone. What takes time is done while the program goes on already.

A program that has a filter ends with its tracer (PTRACE_O_EXITKILL): without one, each of the
calls that the filter stops at would fail with ENOSYS (seccomp(2)), and a program must not go on
damaged. One without a filter (`filtered=False`) goes on unharmed; each call of it costs two stops.
"""

import errno
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from lab.agent.tracing import attaching, inspection, ptrace, reporting
from lab.agent.tracing.calls.common import signed
from lab.agent.tracing.descriptors import Descriptors
from lab.agent.tracing.filter import Stage
from lab.agent.tracing.injection import ThreadEndedError
from lab.agent.tracing.installing import install
from lab.agent.tracing.kinds import CallKind, kinds
from lab.agent.tracing.machine import this_machine
from lab.agent.tracing.task import PendingCall, Process, Task, process_id, program
from lab.agent.tracing.traced_call import Notice, TracedCall

_STOPPED = 0x7F
_CALL_STOP = signal.SIGTRAP | 0x80
_SECCOMP_STOP = signal.SIGTRAP | ptrace.EVENT_SECCOMP << 8
_NEW = (ptrace.EVENT_FORK, ptrace.EVENT_VFORK, ptrace.EVENT_CLONE)
_JOB_CONTROL = (signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
# What a call that a signal interrupts returns to the kernel itself: ERESTARTSYS, ERESTARTNOINTR,
# ERESTARTNOHAND, ERESTART_RESTARTBLOCK.
_RESTARTS = (-512, -513, -514, -516)
_LOCAL = (0, 1, 16)  # families by which a program asks its own machine: of them only what succeeds
_TRACING = (0, 16, 0x4206)  # PTRACE_TRACEME, ATTACH, SEIZE
_MOST_INTERRUPTED = 16
_now_ns = time.time_ns


class Tracer:
    """Traces processes, and what they start, until they have ended."""

    def __init__(
        self,
        on_call: Callable[[TracedCall], None],
        on_notice: Callable[[Notice], None] = lambda _notice: None,
        on_exit: Callable[[int], None] = lambda _pid: None,
    ) -> None:
        """`on_exit` is called with each process that has ended, after the last of its calls."""
        self._on_call = on_call
        self._on_notice = on_notice
        self._on_exit = on_exit
        self._tasks: dict[int, Task] = {}
        self._early: set[int] = set()  # have stopped before their parent told of them
        machine = this_machine()
        self._kinds = kinds(machine)
        self._restart = machine.numbers["restart_syscall"]
        self._sigreturn = machine.numbers["rt_sigreturn"]
        self._instruction_bytes = machine.instruction_bytes
        self._audit = machine.audit
        self.statuses: dict[int, int] = {}
        """Of processes that have ended: what waitpid(2) gave."""

    def attach(self, pid: int, *, filtered: bool = True, resume: bool = False) -> None:
        """Trace a process, from where it is now; `resume` continues one that is stopped.

        OSError where it cannot be traced, with a text for people.
        """
        tids = attaching.seize(pid, kill_with_tracer=filtered)
        process = Process(pid, Descriptors(), filtered=filtered)
        process.descriptors = inspection.table(pid, process.pidfd)
        for tid in tids:
            self._tasks[tid] = Task(tid, process)
        if resume:
            os.kill(pid, signal.SIGCONT)

    def run(self) -> None:
        """Trace until every process has ended."""
        while self._tasks:
            tid, status = os.waitpid(-1, ptrace.WALL)
            with suppress(ProcessLookupError):  # killed meanwhile; its end comes next
                self._handle(tid, status)

    def _handle(self, tid: int, status: int) -> None:
        task = self._tasks.get(tid)
        if status & 0xFF != _STOPPED:
            self._ended(tid, status)
        elif task is None:
            self._early.add(tid)
        elif (stop := status >> 8) == _SECCOMP_STOP:
            self._begins(task)
        elif stop == _CALL_STOP:
            self._call_stop(task)
        elif (event := stop >> 8) == ptrace.EVENT_STOP:
            if stop & 0xFF in _JOB_CONTROL:
                ptrace.listen(tid)
            else:
                self._go_on(task)
        elif event in _NEW:
            self._started(task)
        elif event == ptrace.EVENT_EXEC:
            self._executed(tid)
        else:
            self._go_on(task, 0 if event else stop & 0xFF)

    def _go_on(self, task: Task, signal_number: int = 0) -> None:
        """Let a thread go on; stop it again at the next thing that is to be seen of it."""
        seen = task.call or task.interrupted
        request = ptrace.SYSCALL if seen else task.process.rest
        ptrace.resume(request, task.tid, signal_number)

    def _call_stop(self, task: Task) -> None:
        """A call begins or ends, of a thread that is stopped at each."""
        counter, result = ptrace.exit_(task.tid)
        if ptrace.last_kind() == ptrace.EXIT:
            if task.call is not None:
                self._ends(task, task.call, counter, result)
            else:
                self._returns(task, counter)
            return
        if task.call is not None:  # it has not begun, after all
            task.call = None
        if task.interrupted and self._begins_anew(task):
            ptrace.resume(ptrace.SYSCALL, task.tid)
        elif task.process.stage == Stage.NONE:
            self._begins(task)
        else:  # the filter stops it next, if it is of interest
            self._go_on(task)

    def _begins(self, task: Task) -> None:
        """A call begins."""
        if task.call is not None:  # it was seen to begin anew
            ptrace.resume(ptrace.SYSCALL, task.tid)
            return
        number, *arguments = ptrace.entry(task.tid)
        process = task.process
        if process.filtered and process.stage == Stage.NONE:
            self._install(task, Stage.SOCKETS, at_entry=True)
            return
        kind = self._kinds.get(number)
        if kind is None or (pending := self._pending(kind, task, tuple(arguments))) is None:
            self._go_on(task)
            return
        if self._needs_files(pending):
            self._install(task, Stage.FILES, at_entry=True)
            return
        task.call = pending
        pending.counter = ptrace.last_head().counter
        pending.began_ns = _now_ns()
        ptrace.resume(ptrace.SYSCALL, task.tid)
        kind.at_entry(pending)
        _ = task.own_tid, process.own_pid  # while it is there

    @staticmethod
    def _pending(kind: CallKind, task: Task, arguments: tuple[int, ...]) -> PendingCall | None:
        """Return the call, None where nobody wants to know of it."""
        if kind.descriptor is None:
            pending = PendingCall(kind, task, arguments, None, None)
            return pending if kind.relevant is None or kind.relevant(pending) else None
        descriptor = signed(arguments[kind.descriptor])
        opened = task.process.descriptors.socket(descriptor)
        if kind.any_file:
            if opened is None and descriptor not in task.process.descriptors.table:
                return None
        elif opened is None:
            opened = task.process.look(descriptor)
        pending = PendingCall(kind, task, arguments, descriptor, opened)
        return pending if kind.relevant is None or kind.relevant(pending) else None

    @staticmethod
    def _needs_files(pending: PendingCall) -> bool:
        """Must files' calls be seen from now on? Before a socket is made that may be connected."""
        process = pending.process
        if not process.filtered or process.stage >= Stage.FILES:
            return False
        name = pending.kind.name
        return name == "socketpair" or (
            name == "socket" and signed(pending.arguments[0]) not in _LOCAL
        )

    def _ends(self, task: Task, pending: PendingCall, counter: int, result: int) -> None:
        """A call that was seen to begin ends."""
        pending.ended_ns = _now_ns()
        task.call = None
        if result in _RESTARTS:
            pending.counter = counter
            task.interrupted.append(pending)
            if len(task.interrupted) > _MOST_INTERRUPTED:  # it left its handlers by longjmp(3)
                self._fails_interrupted(task, 0)
            ptrace.resume(ptrace.SYSCALL, task.tid)
            return
        pending.result = result
        kind, process = pending.kind, pending.process
        kind.at_exit(pending)
        used = kind.uses and (result >= 0 or result == -errno.EINPROGRESS)
        if used and process.filtered:
            if process.stage < Stage.FILES:
                self._install(task, Stage.FILES, at_entry=False)
            if process.stage < Stage.LOW and process.descriptors.has_low:
                self._install(task, Stage.LOW, at_entry=False)
        self._go_on(task)
        self._report(pending)

    def _begins_anew(self, task: Task) -> bool:
        """Tell whether a call that begins is one that was interrupted, which goes on then."""
        number = ptrace.entry(task.tid)[0]
        counter = ptrace.last_head().counter
        pending = task.interrupted[-1]
        known = self._kinds.get(number)
        if counter == pending.counter and (number == self._restart or known is pending.kind):
            task.interrupted.pop()
            pending.ended_ns = None
            pending.restarts += 1
            task.call = pending
            return True
        task.returns = number == self._sigreturn
        return False

    def _returns(self, task: Task, counter: int) -> None:
        """A call of no interest ends: of a signal's handler, perhaps its last one.

        Then the program is where it was interrupted: at the call's instruction, which it repeats,
        or behind it, where it finds EINTR.
        """
        if task.returns and task.interrupted and counter == task.interrupted[-1].counter:
            self._fails_interrupted(task, len(task.interrupted) - 1)
        task.returns = False
        self._go_on(task)

    def _fails_interrupted(self, task: Task, place: int) -> None:
        pending = task.interrupted.pop(place)
        pending.result = -errno.EINTR
        self._report(pending)

    def _report(self, pending: PendingCall) -> None:
        kind = pending.kind
        if kind.name in {"ptrace", "io_uring_setup"} and (pending.result or 0) >= 0:
            if kind.name == "io_uring_setup":
                self._notice(pending.task, "io_uring")
            elif pending.arguments[0] in _TRACING:
                self._notice(pending.task, "ptrace")
        if kind.reported is None or kind.reported(pending):
            self._on_call(reporting.call(pending))

    def _notice(self, task: Task, subject: str, detail: str = "") -> None:
        process = task.process
        self._on_notice(
            Notice(
                subject=subject,
                pid=process.pid,
                tid=task.tid,
                program=process.program,
                at_ns=_now_ns(),
                detail=detail,
            )
        )

    def _install(self, task: Task, stage: Stage, *, at_entry: bool) -> None:
        """Install a filter; where that cannot be, stop the process at every call."""
        try:
            for subject, detail in install(task, stage, at_entry=at_entry):
                self._notice(task, subject, detail)
        except ThreadEndedError as gone:
            self._ended(task.tid, gone.status)
            raise ProcessLookupError from gone
        if at_entry:
            self._go_on(task)

    def _started(self, task: Task) -> None:
        """A thread has started another, or a process."""
        tid = ptrace.event_message(task.tid)
        self._go_on(task)
        if tid in self._tasks:
            return
        pid = process_id(tid)
        parent = task.process
        process = parent if pid == parent.pid else parent.forked(pid)
        self._add(Task(tid, process))

    def _add(self, task: Task) -> None:
        self._tasks[task.tid] = task
        if task.tid in self._early:
            self._early.remove(task.tid)
            with suppress(ProcessLookupError):
                self._go_on(task)

    def _executed(self, tid: int) -> None:
        """A process runs another program; of its threads the one that asked for it is left."""
        former = ptrace.event_message(tid)
        task = self._tasks[former] if former in self._tasks else self._tasks[tid]
        process = task.process
        for other in [one for one in self._tasks.values() if one.process is process]:
            if other is not task:
                self._forget(other)
        while task.interrupted:
            self._fails_interrupted(task, 0)
        self._tasks.pop(former, None)
        task.moved(tid)
        self._tasks[tid] = task
        process.program = program(process.pid)
        process.look_again()
        if ptrace.head(tid).architecture != self._audit:
            self._notice(task, "architecture")
        self._go_on(task)

    def _ended(self, tid: int, status: int) -> None:
        """A thread has ended."""
        self._early.discard(tid)
        task = self._tasks.get(tid)
        if task is None:
            return
        self._forget(task)
        if not any(one.process is task.process for one in self._tasks.values()):
            self.statuses[task.process.pid] = status
            task.process.close()
            self._on_exit(task.process.pid)
        for early in list(self._early):  # whose parent may be the one that ended
            process = Process(process_id(early), Descriptors(), filtered=task.process.filtered)
            process.stage, process.rest = task.process.stage, task.process.rest
            process.descriptors = inspection.table(process.pid, process.pidfd)
            self._add(Task(early, process))

    def _forget(self, task: Task) -> None:
        """Report what a thread was doing when it ended."""
        del self._tasks[task.tid]
        while task.interrupted:
            self._fails_interrupted(task, 0)
        if task.call is not None:
            self._report(task.call)
