"""How a process gets the filters of a stage: with calls that it makes for the tracer."""

import signal
from collections.abc import Iterator

from lab.agent.tracing import ptrace
from lab.agent.tracing.filter import Stage, program
from lab.agent.tracing.injection import Injection, add_filter
from lab.agent.tracing.machine import this_machine
from lab.agent.tracing.task import Task
from lab.net.constants import errno_name


def install(task: Task, stage: Stage, *, at_entry: bool) -> Iterator[tuple[str, str]]:
    """Install what is missing up to a stage; yield the subject and detail of each notice.

    A process that cannot have it is stopped at every call from then on.
    """
    process = task.process
    injection = Injection(task.tid, at_entry=at_entry)
    result = 0
    try:
        for one in range(process.stage + 1, stage + 1):
            result, given_up = add_filter(injection, program(Stage(one), this_machine()))
            if given_up:
                yield "no_new_privileges", ""
            if result:
                break
            process.stage = Stage(one)
    finally:
        injection.finish()
    if result:
        process.filtered = False
        yield "unfiltered", errno_name(-result) if result < 0 else "ESRCH"
    if process.stage:
        process.rest = ptrace.CONT if process.filtered else ptrace.SYSCALL
    else:
        ptrace.set_options(task.tid, kill_with_tracer=False)


def continue_itself(task: Task) -> None:
    """Let a process that is stopped send SIGCONT to itself, before a call that begins.

    The tracer may have no right to send it; and a stopped process goes on for its tracer alone.
    """
    task.process.continues = False
    injection = Injection(task.tid, at_entry=True)
    try:
        injection.call("kill", task.process.own_pid, signal.SIGCONT)
    finally:
        injection.finish()
    task.go_on()
