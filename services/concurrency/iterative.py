"""One client at a time; the others wait in the listener's queue. The chapter's own model."""

import socket

from services.concurrency import Service
from services.concurrency.accepting import next_connection
from services.draining import Drain


def serve(listener: socket.socket, service: Service, grace_s: float) -> int:
    """See services.concurrency."""
    with Drain(listener, grace_s) as drain:
        while taken := next_connection(listener, drain):
            conn, peer = taken
            with drain.connection(conn):
                service.handle(conn, peer, drain)
    return drain.cut_count
