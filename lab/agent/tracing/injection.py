"""System calls that a stopped thread makes for the tracer, before it goes on as if it had not.

The instruction of the call that the thread is stopped in is run again with other registers, at
last with the thread's own. So nothing is written into the program but into a page of its own.
"""

import os
import signal
import struct

from lab.agent.tracing import memory, ptrace
from lab.agent.tracing.filter import INSTRUCTION_BYTES
from lab.agent.tracing.machine import this_machine

_PAGE = 4096
_READ_WRITE, _PRIVATE_ANONYMOUS = 3, 0x22
_SET_MODE_FILTER = 1
_TSYNC, _SPEC_ALLOW = 1, 4
_GET_NO_NEW_PRIVS, _SET_NO_NEW_PRIVS = 39, 38
_NONE = 0xFFFFFFFFFFFFFFFF  # -1
_STOPS = (signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)


class ThreadEndedError(Exception):
    """The thread has ended meanwhile; `status` is that of waitpid(2)."""

    def __init__(self, tid: int, status: int) -> None:
        super().__init__(tid, status)
        self.tid, self.status = tid, status


class Injection:
    """Makes calls in a thread that is stopped in one of its own: `at_entry`, or at its end.

    `finish` must follow. A call that had begun is then made from its beginning; of one that had
    ended the end is left as it was.
    """

    def __init__(self, tid: int, *, at_entry: bool) -> None:
        self.tid = tid
        self._machine = this_machine()
        self._at_entry = at_entry
        self._saved = ptrace.registers(tid)
        self._number = ptrace.call_stop(tid)[2] if at_entry else 0
        self._mask = ptrace.block_signals(tid)
        self._stopped = False
        if at_entry:
            skip(tid)
            self._go()

    def call(self, name: str, *arguments: int) -> int:
        """Make a call; return its result, which is -errno where it failed."""
        self._rewind(self._machine.numbers[name], arguments)
        self._go()  # to its beginning
        self._go()  # to its end
        return ptrace.signed(ptrace.call_stop(self.tid)[2])

    def finish(self) -> None:
        """Give the thread back what it had; it is stopped still."""
        values = list(self._saved)
        machine = self._machine
        if self._at_entry:
            values[machine.counter] -= machine.instruction_bytes
            values[machine.call_register] = self._number
        ptrace.set_registers(self.tid, _not_in_a_call(values))
        if machine.call_set is None:
            ptrace.set_call_number(self.tid, -1)
        ptrace.set_signal_mask(self.tid, self._mask)
        if self._stopped:  # it was to stop with its process, and goes back to that at once
            ptrace.interrupt(self.tid)

    def _rewind(self, number: int, arguments: tuple[int, ...]) -> None:
        values = list(self._saved)
        machine = self._machine
        values[machine.counter] -= machine.instruction_bytes
        for place, value in zip(machine.arguments, arguments, strict=False):
            values[place] = value
        values[machine.call_register] = number
        ptrace.set_registers(self.tid, _not_in_a_call(values))
        if machine.call_set is None:
            ptrace.set_call_number(self.tid, -1)

    def _go(self) -> None:
        """Let the thread go on to where its call begins or ends."""
        while True:
            ptrace.resume(ptrace.SYSCALL, self.tid)
            _, status = os.waitpid(self.tid, ptrace.WALL)
            if not os.WIFSTOPPED(status):
                raise ThreadEndedError(self.tid, status)
            if status >> 8 == signal.SIGTRAP | 0x80:
                return
            if status >> 16 == ptrace.EVENT_STOP and os.WSTOPSIG(status) in _STOPS:
                self._stopped = True


def _not_in_a_call(values: list[int]) -> list[int]:
    """Leave no call in the registers that the kernel could begin anew because of a signal."""
    place = this_machine().call_set
    if place is not None:
        values[place] = _NONE
    return values


def skip(tid: int, result: int = 0) -> None:
    """Let a call that begins not be made, and return this, also if the tracer ends meanwhile."""
    machine = this_machine()
    values = _not_in_a_call(ptrace.registers(tid))
    values[machine.result] = result
    ptrace.set_registers(tid, values)
    if machine.call_set is None:
        ptrace.set_call_number(tid, -1)


def set_result(tid: int, result: int) -> None:
    """Set what a call that ends returns."""
    values = ptrace.registers(tid)
    values[this_machine().result] = result
    ptrace.set_registers(tid, values)


def set_argument(tid: int, number: int, value: int) -> None:
    """Set an argument's register; a program finds its own there again after a call."""
    values = ptrace.registers(tid)
    values[this_machine().arguments[number]] = value
    ptrace.set_registers(tid, values)


def add_filter(injection: Injection, program: bytes) -> tuple[int, bool]:
    """Install a filter in all threads of a process.

    Return 0 or -errno (or a thread that could not be made to have it), and whether the process had
    to give up new privileges for it, for good.
    """
    page = injection.call("mmap", 0, _PAGE, _READ_WRITE, _PRIVATE_ANONYMOUS, _NONE, 0)
    if page < 0:
        return page, False
    try:
        size = len(program) // INSTRUCTION_BYTES
        header = struct.pack("@HP", size, page + 16)
        memory.write(injection.tid, page, header.ljust(16, b"\0") + program)
        arguments = (_SET_MODE_FILTER, _TSYNC | _SPEC_ALLOW, page)
        result = injection.call("seccomp", *arguments)
        given_up = False
        if result == -13 and injection.call("prctl", _GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0:
            given_up = injection.call("prctl", _SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
            result = injection.call("seccomp", *arguments)
        return result, given_up
    finally:
        injection.call("munmap", page, _PAGE)
