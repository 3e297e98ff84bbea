"""Bridges this process's standard streams to an agent's Unix socket, until the agent closes it."""

import os
import selectors
import socket
import sys
import time

_MOST_BYTES = 1 << 16
_WITHIN_S = 10.0  # for an agent that is starting
_LOOK_AGAIN_S = 0.005


def bridge(path: str) -> None:
    """Carry bytes both ways; SystemExit when no agent listens there within ten seconds."""
    agent = _connected(path)
    # poll(2), because standard input may be a file, which epoll(7) does not take.
    selector = selectors.PollSelector()
    selector.register(0, selectors.EVENT_READ)
    selector.register(agent, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            data = os.read(0, _MOST_BYTES) if key.fd == 0 else agent.recv(_MOST_BYTES)
            if key.fd == 0 and not data:  # no more requests; the answers go on
                selector.unregister(0)
                agent.shutdown(socket.SHUT_WR)
            elif key.fd == 0:
                agent.sendall(data)
            elif not data:
                return
            else:
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()


def _connected(path: str) -> socket.socket:
    until_s = time.monotonic() + _WITHIN_S
    while True:
        agent = socket.socket(socket.AF_UNIX)
        try:
            agent.connect(path)
        except OSError as error:
            if time.monotonic() > until_s:
                sys.exit(f"agent at {path}: {error.strerror}")
            agent.close()
            time.sleep(_LOOK_AGAIN_S)
        else:
            return agent
