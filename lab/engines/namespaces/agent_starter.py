"""Begins an agent: `python3 -I -S agent_starter.py HOST_PID KEEPER_PID LISTENER`; then ends.

HOST_PID is the host's process 1 and KEEPER_PID the lab's keeper, as this machine counts; LISTENER
is an inherited descriptor, the socket where the agent is asked.
"""

import os
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from lab.agent.server import Server
from lab.engines.namespaces import syscalls


def main() -> None:
    """Enter the namespaces, and leave an agent there."""
    host, keeper, listener = sys.argv[1:]
    try:
        ends_with = os.pidfd_open(int(host))
        _enter(host, keeper)
    except OSError as error:
        sys.exit(f"host of process {host}: {error.strerror}")
    # Twice, so that the agent's parent is of the lab's pid namespace, and its orphan the keeper's.
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    if os.fork():
        os._exit(0)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    Server(socket.socket(fileno=int(listener)), ends_with).run()
    os._exit(0)


def _enter(host: str, keeper: str) -> None:
    places = (
        (host, "user", syscalls.CLONE_NEWUSER),  # first, for the right to enter the others
        (host, "net", syscalls.CLONE_NEWNET),
        (keeper, "mnt", syscalls.CLONE_NEWNS),
        (keeper, "pid", syscalls.CLONE_NEWPID),
    )
    opened = [(os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY), kind) for pid, name, kind in places]
    for descriptor, kind in opened:
        syscalls.setns(descriptor, kind)
        os.close(descriptor)


if __name__ == "__main__":
    main()
