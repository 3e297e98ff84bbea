"""Begins agents: `python3 -I -S supervisor/agents.py CHANNEL`, until nobody is at CHANNEL any more.

A supervisor that is told the CHANNEL forks one, too, before it makes namespaces.

CHANNEL is an inherited socket (SOCK_SEQPACKET). A question is {"host": PID, "supervisor": PID},
with a descriptor: the socket where the agent is asked. The host's process 1 and the lab's
supervisor are as this machine counts. The answer is {} when the agent is there, else {"failed":
WHY}. What an agent needs is loaded once, and may be while the hosts are not there yet.
"""

import json
import os
import socket
import sys
from pathlib import Path
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).parents[4]))

from lab.agent.server import Server
from lab.engines.namespaces import syscalls


def serve(descriptor: int) -> None:
    """Answer one question after the other."""
    channel = socket.socket(fileno=descriptor)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    while True:
        text, given, _, _ = socket.recv_fds(channel, 4096, 1)
        if not text:
            return
        question = json.loads(text)
        failed = _begin(channel, question["host"], question["supervisor"], given[0])
        os.close(given[0])
        channel.send(json.dumps({"failed": failed} if failed else {}).encode())


def _begin(channel: socket.socket, host: int, supervisor: int, listener: int) -> str:
    """Leave an agent in the namespaces; return why it cannot be."""
    told, telling = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(told)
        channel.close()
        try:
            ends_with = os.pidfd_open(host)
            _enter(host, supervisor)
        except OSError as error:
            os.write(telling, f"host of process {host}: {error.strerror}".encode())
            os._exit(1)
        _leave_behind(telling, listener, ends_with)
    os.close(telling)
    failed = os.read(told, 4096).decode()
    os.close(told)
    os.waitpid(child, 0)
    return failed


def _leave_behind(telling: int, listener: int, ends_with: int) -> NoReturn:
    # Twice, so that the agent's parent is of the lab's pid namespace, and its orphan the
    # supervisor's.
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        os._exit(0)
    if os.fork():
        os._exit(0)
    os.setsid()
    os.close(telling)
    try:
        Server(socket.socket(fileno=listener), ends_with).run()
    finally:
        os._exit(0)


def _enter(host: int, supervisor: int) -> None:
    places = (
        (host, "user", syscalls.CLONE_NEWUSER),  # first, for the right to enter the others
        (host, "net", syscalls.CLONE_NEWNET),
        (supervisor, "mnt", syscalls.CLONE_NEWNS),
        (supervisor, "pid", syscalls.CLONE_NEWPID),
    )
    opened = [(os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY), kind) for pid, name, kind in places]
    for descriptor, kind in opened:
        syscalls.setns(descriptor, kind)
        os.close(descriptor)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
