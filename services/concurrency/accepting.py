"""Taking the next connection, and what to do when the machine has no room for it.

Shared by the models; owns no process, thread or loop.
"""

import errno
import socket

from services import log
from services.address import peer_of
from services.draining import Drain
from services.failures import explain

# A connection that cannot be taken stays in the queue and accept() would fail again at once:
# without a pause the server would burn the processor that its clients need to finish.
PAUSE_S = 0.1
SCARCE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EAGAIN})


def next_connection(listener: socket.socket, drain: Drain) -> tuple[socket.socket, str] | None:
    """Waits for a connection; gives it with its peer's name, or None once the drain began."""
    told = False
    while not drain.stopping:
        try:
            conn, address = listener.accept()
        except OSError as error:
            if drain.stopping:
                return None
            told = complain(error, told=told)
            if error.errno in SCARCE:
                drain.pause(PAUSE_S)
        else:
            return conn, peer_of(conn, address)
    return None


def complain(error: OSError, *, told: bool) -> bool:
    """Logs why a connection was not taken, once for each lack; returns the new `told`.

    Errors of the network that accept(2) passes on belong to a connection already lost.
    """
    if error.errno not in SCARCE:
        log.warning(f"connection lost before it was taken: {explain(error)}")
    elif not told:
        log.error(f"no room for another connection, clients wait: {explain(error)}")
        return True
    return told
