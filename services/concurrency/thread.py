"""One thread for each client, in one process."""

import contextlib
import socket
import threading

from services import log
from services.concurrency import Service
from services.concurrency.accepting import PAUSE_S, next_connection
from services.draining import Drain


def serve(listener: socket.socket, service: Service, grace_s: float) -> int:
    """See services.concurrency."""
    with Drain(listener, grace_s) as drain:
        workers = _Workers(service, drain)
        while taken := next_connection(listener, drain):
            workers.give(*taken)
        workers.join()
    return drain.cut_count


class _Workers:
    def __init__(self, service: Service, drain: Drain) -> None:
        self._service = service
        self._drain = drain
        self._running: set[threading.Thread] = set()

    def give(self, conn: socket.socket, peer: str) -> None:
        # In the drain's view before its thread runs, so that no connection is ever out of it.
        kept = contextlib.ExitStack()
        kept.enter_context(self._drain.connection(conn))
        worker = threading.Thread(target=self._work, args=(conn, peer, kept), daemon=True)
        self._running.add(worker)
        try:
            worker.start()
        except RuntimeError as error:  # the machine has no room for another thread
            log.error(f"{peer}: not served: {error}")
            self._running.discard(worker)
            kept.close()
            self._drain.pause(PAUSE_S)

    def _work(self, conn: socket.socket, peer: str, kept: contextlib.ExitStack) -> None:
        with kept:
            self._service.handle(conn, peer, self._drain)
        self._running.discard(threading.current_thread())

    def join(self) -> None:
        for worker in list(self._running):
            worker.join()
