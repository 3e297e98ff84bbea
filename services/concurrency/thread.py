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
    drain = Drain(listener, grace_s)
    drain.start()
    workers: set[threading.Thread] = set()

    def work(conn: socket.socket, peer: str, kept: contextlib.ExitStack) -> None:
        with kept:
            service.handle(conn, peer, drain)
        workers.discard(threading.current_thread())

    while taken := next_connection(listener, drain):
        conn, peer = taken
        # In the drain's view before its thread runs, so that no connection is ever out of it.
        kept = contextlib.ExitStack()
        kept.enter_context(drain.connection(conn))
        worker = threading.Thread(target=work, args=(conn, peer, kept), daemon=True)
        workers.add(worker)
        try:
            worker.start()
        except RuntimeError as error:  # the machine has no room for another thread
            log.error(f"{peer}: not served: {error}")
            workers.discard(worker)
            kept.close()
            drain.pause(PAUSE_S)
    for worker in list(workers):
        worker.join()
    return drain.cut_count
