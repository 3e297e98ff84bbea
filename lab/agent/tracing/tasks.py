"""The threads that are traced: who is there, who comes, and who has gone."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from lab.agent.tracing import ptrace
from lab.agent.tracing.task import Process, Task, parent_id, process_id


class Tasks:
    """Threads by their numbers.

    `on_gone` is called with each that has ended or was let go, `on_last` with the process whose
    last thread that was, `on_change` after both.
    """

    def __init__(
        self,
        on_gone: Callable[[Task], None],
        on_last: Callable[[Process], None],
        on_change: Callable[[], None],
    ) -> None:
        self._on_gone = on_gone
        self._on_last = on_last
        self._on_change = on_change
        self._tasks: dict[int, Task] = {}
        self._early: set[int] = set()  # have stopped before their parent told of them
        self._last: Process | None = None  # that has gone

    def __len__(self) -> int:
        return len(self._tasks)

    def __iter__(self) -> Iterator[Task]:
        return iter(list(self._tasks.values()))

    def get(self, tid: int) -> Task | None:
        """Return the thread of a number; None, where it is not known."""
        return self._tasks.get(tid)

    def of(self, process: Process) -> list[Task]:
        """Return the threads of a process."""
        return [one for one in self._tasks.values() if one.process is process]

    def of_root(self, root: int) -> list[Task]:
        """Return the threads of a process that was attached to, and of what it has started."""
        return [one for one in self._tasks.values() if one.process.root == root]

    def add(self, task: Task) -> None:
        """Take a thread; one that has stopped already goes on."""
        self._tasks[task.tid] = task
        if task.tid in self._early:
            self._early.remove(task.tid)
            with suppress(ProcessLookupError):
                if task.process.let_go:
                    self.detach(task)
                else:
                    task.go_on()

    def add_started(self, parent: Task, tid: int) -> None:
        """Take a thread that another has started, in its own process or a new one."""
        if tid not in self._tasks:
            pid, process = process_id(tid), parent.process
            self.add(Task(tid, process if pid == process.pid else process.forked(pid)))

    def stopped_early(self, tid: int) -> None:
        """Take that a thread has stopped that is not known: its parent tells of it, or has gone."""
        if self._last and not self._is_of_traced(tid):
            self._adopt(tid, self._last)
        else:
            self._early.add(tid)

    def executed(self, tid: int, former: int) -> Task:
        """Take that of a process's threads the one is left, as `tid`, which was `former`."""
        task = self._tasks[former] if former in self._tasks else self._tasks[tid]
        for other in self.of(task.process):
            if other is not task:
                del self._tasks[other.tid]
                self._on_gone(other)
        self._tasks.pop(former, None)
        task.moved(tid)
        self._tasks[tid] = task
        return task

    def detach(self, task: Task, signal: int = 0) -> None:
        """Let go of a thread that is stopped."""
        ptrace.detach(task.tid, signal)
        self.forget([task])

    def ended(self, tid: int) -> None:
        """Take that a thread has ended."""
        self._early.discard(tid)
        if (task := self._tasks.get(tid)) is not None:
            self.forget([task])

    def forget(self, tasks: Iterable[Task]) -> None:
        """Take that threads have ended, or have been let go."""
        for task in tasks:
            self._tasks.pop(task.tid, None)
            self._on_gone(task)
            if not self.of(task.process):
                self._last = task.process
                self._on_last(task.process)
        for early in list(self._early):
            if self._last and not self._is_of_traced(early):
                self._adopt(early, self._last)
        self._on_change()

    def _adopt(self, tid: int, parent: Process) -> None:
        """Take a thread whose parent has gone before it could tell of it."""
        self._early.add(tid)
        self.add(Task(tid, parent.orphan(process_id(tid))))

    def _is_of_traced(self, tid: int) -> bool:
        """Tell whether a thread is of a process that is here, or of a child of one."""
        known = {one.process.pid for one in self._tasks.values()}
        return process_id(tid) in known or parent_id(tid) in known
