"""One process for each client.

The parent accepts, forks and reaps; a child serves one connection under a drain of its own.
On the parent's first signal each child gets SIGTERM, which drains it, on the second SIGUSR1,
which cuts it. Two signals, because a terminal or a supervisor may send SIGINT or SIGTERM to the
whole process group: a child must not take that and the parent's word for two.
"""

import os
import signal
import socket
import sys
import time
import traceback

from services import log
from services.address import peer_of
from services.concurrency import Service
from services.concurrency.accepting import PAUSE_S, SCARCE, complain
from services.draining import ENDING, LAST_RESORT_S, Drain
from services.failures import explain
from services.signals import SignalPipe

CUT_STATUS = 1
_BLOCKED_AT_FORK = ENDING | {signal.SIGUSR1, signal.SIGCHLD}


def serve(listener: socket.socket, service: Service, grace_s: float) -> int:
    """See services.concurrency."""
    return _Parent(listener, service, grace_s).run()


class _Parent:
    def __init__(self, listener: socket.socket, service: Service, grace_s: float) -> None:
        self._listener = listener
        self._service = service
        self._grace_s = grace_s
        self._children: set[int] = set()
        self._cut = 0
        self._told = False

    def run(self) -> int:
        # So that accept() never waits where no signal is looked for.
        self._listener.setblocking(False)
        self._pipe = SignalPipe(ENDING | {signal.SIGCHLD})
        ending = False
        while not ending:
            caught, ready = self._pipe.wait(None, self._listener)
            self._reap()
            ending = not ENDING.isdisjoint(caught)
            if ready and not ending:
                ending = self._take()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._drain()
        return self._cut

    def _take(self) -> bool:
        """Gives the next connection to a child. True if a signal to end came meanwhile."""
        try:
            conn, address = self._listener.accept()
        except BlockingIOError:
            return False  # the client went away between poll and accept (accept(2), Notes)
        except OSError as error:
            self._told = complain(error, told=self._told)
            return error.errno in SCARCE and self._pause()
        self._told = False
        with conn:
            try:
                self._fork(conn, peer_of(conn, address))
            except OSError as error:
                log.error(f"{peer_of(conn, address)}: not served, no child: {explain(error)}")
                return self._pause()
        return False

    def _pause(self) -> bool:
        # Without the listener, or its waiting client would end the pause at once.
        caught, _ = self._pipe.wait(PAUSE_S)
        self._reap()
        return not ENDING.isdisjoint(caught)

    def _fork(self, conn: socket.socket, peer: str) -> None:
        # A signal that reached the child before its drain would run the parent's handler there
        # and be lost; blocked, it waits.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _BLOCKED_AT_FORK)
        try:
            pid = os.fork()
            if pid == 0:
                self._child(conn, peer)
            self._children.add(pid)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _child(self, conn: socket.socket, peer: str) -> None:
        """Serves and ends the process: it must never return into the parent's code."""
        status = CUT_STATUS
        try:
            self._pipe.forget()
            self._listener.close()
            drain = Drain(
                None,
                self._grace_s,
                begin_on={signal.SIGTERM},
                cut_on={signal.SIGUSR1},
                stuck_status=CUT_STATUS,
            )
            drain.start()
            with drain.connection(conn):
                self._service.handle(conn, peer, drain)
            status = CUT_STATUS if drain.cut_count else 0
        finally:
            if fault := sys.exception():
                traceback.print_exception(fault)
            os._exit(status)

    def _reap(self) -> None:
        # By pid, never "any child": a program may have children that are not ours.
        for pid in list(self._children):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                self._children.discard(pid)
                if status:
                    self._failed(pid, os.waitstatus_to_exitcode(status))

    def _failed(self, pid: int, status: int) -> None:
        if status == CUT_STATUS:
            self._cut += 1
        elif status < 0:
            log.warning(f"child {pid} ended by {signal.Signals(-status).name}")
        else:
            log.error(f"child {pid} ended with status {status}")

    def _drain(self) -> None:
        self._tell(signal.SIGTERM)
        # A child cuts itself after its grace; the last resort is only for one that is stuck.
        deadline = time.monotonic() + self._grace_s + LAST_RESORT_S
        while self._children and (left_s := deadline - time.monotonic()) > 0:
            caught, _ = self._pipe.wait(left_s)
            if not ENDING.isdisjoint(caught):
                self._tell(signal.SIGUSR1)
            self._reap()
        self._cut += len(self._children)
        self._tell(signal.SIGKILL)
        for pid in self._children:
            os.waitpid(pid, 0)

    def _tell(self, number: signal.Signals) -> None:
        for pid in self._children:  # not reaped yet, so the pid cannot be anybody else's
            os.kill(pid, number)
