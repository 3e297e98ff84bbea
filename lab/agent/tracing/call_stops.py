"""What is done where a thread is stopped because a call begins or ends.

What takes time is done once the thread goes on: it waits for as little as possible.
"""

import errno
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from lab.agent.tracing import ptrace, reporting
from lab.agent.tracing.acting import Faults
from lab.agent.tracing.filter import Stage
from lab.agent.tracing.injection import set_result
from lab.agent.tracing.installing import continue_itself, install
from lab.agent.tracing.kinds import CallKind, kinds
from lab.agent.tracing.machine import this_machine
from lab.agent.tracing.task import PendingCall, Process, Task
from lab.agent.tracing.traced_call import Notice, TracedCall

# What a call that a signal interrupts returns to the kernel itself: ERESTARTSYS, ERESTARTNOINTR,
# ERESTARTNOHAND, ERESTART_RESTARTBLOCK.
_RESTARTS = frozenset((-512, -513, -514, -516))
# AF_UNSPEC, AF_UNIX, AF_NETLINK: libraries ask their own machine by these (who is user 0?), mostly
# in vain; only one that succeeds makes a program one that uses sockets.
_LOCAL_FAMILIES = (0, 1, 16)
_TRACING = (0, 16, 0x4206)  # PTRACE_TRACEME, PTRACE_ATTACH, PTRACE_SEIZE
_MOST_INTERRUPTED = 16
_now_ns = time.time_ns


class CallStops:
    """Follows the calls of all threads."""

    def __init__(
        self, on_call: Callable[[TracedCall], None], on_notice: Callable[[Notice], None]
    ) -> None:
        self._on_call = on_call
        self._on_notice = on_notice
        self.faults = Faults()
        self.unreported: set[int] = set()
        """The roots (`Process.root`) of processes whose calls are reported no more."""
        machine = this_machine()
        self._kinds = kinds(machine)
        self._restart = machine.numbers["restart_syscall"]
        self._sigreturn = machine.numbers["rt_sigreturn"]

    def stops(self, task: Task) -> None:
        """A call begins or ends, of a thread that is stopped at each."""
        kind, counter, result, *_ = ptrace.call_stop(task.tid)
        pending = task.call
        if kind == ptrace.EXIT:
            if pending is not None:
                self._ends(task, pending, counter, ptrace.signed(result))
            else:
                self._returns(task, counter)
        elif task.interrupted and self._begins_anew(task, counter, result):
            ptrace.resume(ptrace.SYSCALL, task.tid)
        else:
            self.begins(task)

    def begins(self, task: Task) -> None:
        """A call begins; one that a filter stops at, too, does so twice."""
        if task.call is not None:  # it has been seen to begin already
            ptrace.resume(ptrace.SYSCALL, task.tid)
            return
        _, counter, number, *arguments = ptrace.call_stop(task.tid)
        kind = self._kinds.get(number)
        process = task.process
        if process.continues:
            continue_itself(task)
            return
        if process.filtered and process.stage == Stage.NONE:
            self._install(task, _first_stage(process), at_entry=True)
            return
        if kind is None or (pending := _pending(kind, task, arguments)) is None:
            task.go_on()
            return
        if process.filtered and process.stage < Stage.FILES and _opens(pending):
            self._install(task, Stage.FILES, at_entry=True)
            return
        task.call = pending
        pending.counter = counter
        pending.began_ns = _now_ns()
        if self.faults.active and self.faults.act(pending):
            return
        self._let_go(pending)

    def let_go_due(self) -> None:
        """Let calls go on that were delayed for long enough."""
        for pending in self.faults.due():
            with suppress(ProcessLookupError):
                self._let_go(pending)

    def forget(self, task: Task) -> None:
        """Report what a thread was doing when it ended."""
        self.forget_interrupted(task)
        if task.call is not None:
            pending, task.call = task.call, None
            self._report(pending)

    def forget_interrupted(self, task: Task) -> None:
        """Report calls that were interrupted, and whose end the program has never seen."""
        while task.interrupted:
            pending = task.interrupted.pop(0)
            pending.ended_ns = None
            self._report(pending)

    def end_reports(self, root: int, tasks: Iterable[Task]) -> None:
        """Report what threads of a root are doing as such, and nothing of it from now on.

        Those that a fault lets wait go on.
        """
        for task in tasks:
            for pending in [*task.interrupted, task.call]:
                if pending is not None:
                    pending.ended_ns = None
                    self._report(pending)
        self.unreported.add(root)
        for pending in self.faults.let_go(root):
            with suppress(ProcessLookupError):
                self._let_go(pending)

    def notice(self, task: Task, subject: str, detail: str = "") -> None:
        """Say what cannot be seen of a process."""
        process = task.process
        notice = Notice(
            root=task.process.root,
            subject=subject,
            pid=process.pid,
            tid=task.tid,
            program=process.program,
            at_ns=_now_ns(),
            detail=detail,
        )
        self._on_notice(notice)

    @staticmethod
    def _let_go(pending: PendingCall) -> None:
        task = pending.task
        ptrace.resume(ptrace.SYSCALL, task.tid)
        if pending.fault is None:
            pending.kind.at_entry(pending)
        task.learn_own_ids()

    def _ends(self, task: Task, pending: PendingCall, counter: int, result: int) -> None:
        """A call that was seen to begin ends."""
        pending.ended_ns = _now_ns()
        task.call = None
        if pending.undo is not None:
            pending.undo()
            pending.undo = None
        if pending.error:
            result = -pending.error
            set_result(task.tid, result)
        if result in _RESTARTS:
            pending.counter = counter
            task.interrupted.append(pending)
            if len(task.interrupted) > _MOST_INTERRUPTED:  # it left its handlers by longjmp(3)
                self._fails(task.interrupted.pop(0))
            ptrace.resume(ptrace.SYSCALL, task.tid)
            return
        pending.result = result
        kind, process = pending.kind, task.process
        kind.at_exit(pending)
        if kind.uses and process.filtered and process.stage < Stage.LOW:
            self._install_used(task, result)
        task.go_on()
        self._report(pending)

    def _install_used(self, task: Task, result: int) -> None:
        """See calls of files from now on, where a socket is in use."""
        if result < 0 and result != -errno.EINPROGRESS:
            return
        process = task.process
        if process.stage < Stage.FILES:
            self._install(task, Stage.FILES, at_entry=False)
            process.look_again()  # what was closed until now was closed unseen
        if process.descriptors.has_low and process.filtered:
            self._install(task, Stage.LOW, at_entry=False)

    def _begins_anew(self, task: Task, counter: int, number: int) -> bool:
        """Tell whether a call that begins is one that was interrupted, which goes on then."""
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
            self._fails(task.interrupted.pop())
        task.returns = False
        task.go_on()

    def _fails(self, pending: PendingCall) -> None:
        pending.result = -errno.EINTR
        self._report(pending)

    def _report(self, pending: PendingCall) -> None:
        if self.unreported and pending.process.root in self.unreported:
            return
        kind = pending.kind
        if kind.name == "io_uring_setup" and (pending.result or 0) >= 0:
            self.notice(pending.task, "io_uring")
        elif kind.name == "ptrace" and pending.arguments[0] in _TRACING:
            self.notice(pending.task, "ptrace")
        if kind.reported is None or kind.reported(pending):
            self._on_call(reporting.call(pending))

    def _install(self, task: Task, stage: Stage, *, at_entry: bool) -> None:
        """Install a filter; where that cannot be, the process is stopped at every call."""
        for subject, detail in install(task, stage, at_entry=at_entry):
            self.notice(task, subject, detail)
        if at_entry:
            task.go_on()


def _pending(kind: CallKind, task: Task, arguments: list[int]) -> PendingCall | None:
    """Return a call that begins, None where nobody wants to know of it."""
    place, descriptor, opened = kind.descriptor, None, None
    if place is not None:
        descriptors = task.process.descriptors
        descriptor = ptrace.signed_int(arguments[place])
        opened = descriptors.socket(descriptor)
        if opened is None:
            if not kind.any_file:
                opened = task.process.look(descriptor)
            elif descriptor not in descriptors.table:
                return None
    pending = PendingCall(kind, task, arguments, descriptor, opened)
    return pending if kind.relevant is None or kind.relevant(pending) else None


def _first_stage(process: Process) -> Stage:
    """Return what must be seen of a process by what it has inherited, or had before."""
    if process.descriptors.has_low:
        return Stage.LOW
    return Stage.FILES if process.descriptors.table else Stage.SOCKETS


def _opens(pending: PendingCall) -> bool:
    """Does it make a socket that may be connected to others? Then files' calls are of interest."""
    name = pending.kind.name
    if name == "socketpair":
        return True
    return name == "socket" and ptrace.signed_int(pending.arguments[0]) not in _LOCAL_FAMILIES
