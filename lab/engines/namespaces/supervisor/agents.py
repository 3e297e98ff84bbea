"""Begins agents: `python3 -I -S supervisor/agents.py CHANNEL`, until nobody is at CHANNEL any more.

A supervisor that is given the CHANNEL forks one, too, before it makes namespaces.

CHANNEL is an inherited socket (SOCK_SEQPACKET). A request is {"host": PID, "supervisor": PID},
with a descriptor: the channel by which the agent gets its
connections (`lab.agent.handed_over`). The host's process 1 and the lab's
supervisor are as this machine counts. The response is {} when the agent is there, else {"error":
WHY}. What an agent needs is loaded once, and may be while the hosts are not there yet.
"""

import json
import os
import socket
import sys
from pathlib import Path
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).parents[4]))

from lab.agent.handed_over import HandedOver
from lab.agent.server import Server
from lab.engines.namespaces import entering


def serve(descriptor: int) -> None:
    """Handle one request after the other, until the end of the channel."""
    channel = socket.socket(fileno=descriptor)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)
    while True:
        text, channels, _, _ = socket.recv_fds(channel, 4096, 1)
        if not text:
            return
        request = json.loads(text)
        error = _begin(channel, request["host"], request["supervisor"], channels[0])
        os.close(channels[0])
        channel.send(json.dumps({"error": error} if error else {}).encode())


def _begin(channel: socket.socket, host: int, supervisor: int, connections: int) -> str:
    """Leave an agent in the namespaces; return why it cannot be."""
    errors, errors_write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(errors)
        channel.close()
        try:
            ends_with = os.pidfd_open(host)
            entering.enter(
                *((host, kind) for kind in ("user", "net")),
                *((supervisor, kind) for kind in ("mnt", "pid")),
            )
        except OSError as error:
            os.write(errors_write, f"host of process {host}: {error.strerror}".encode())
            os._exit(1)
        _leave_behind(errors_write, connections, ends_with)
    os.close(errors_write)
    why = os.read(errors, 4096).decode()
    os.close(errors)
    os.waitpid(child, 0)
    return why


def _leave_behind(errors_write: int, connections: int, ends_with: int) -> NoReturn:
    # Twice, so that the agent's parent is of the lab's pid namespace, and its orphan the
    # supervisor's.
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        os._exit(0)
    if os.fork():
        os._exit(0)
    os.setsid()
    os.close(errors_write)
    try:
        Server(HandedOver(socket.socket(fileno=connections)), ends_with).run()
    finally:
        os._exit(0)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
