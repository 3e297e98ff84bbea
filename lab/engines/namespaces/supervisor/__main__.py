"""The process that is the lab: process 1 of its pid namespace, parent of every host's init.

Started by `lab up`, which writes the LabSpec as a line to its standard input, the control pipe; see
`control_pipe` for what is sent on it and on standard output. Whatever ends the supervisor, the
kernel ends all the rest.
"""

import errno
import os
import signal
import socket
import sys
from pathlib import Path

# Run as a file, which is faster than as a module of an installed package.
sys.path.insert(0, str(Path(__file__).parents[4]))

from lab.compose.errors import text_of
from lab.engines.namespaces import MARK, syscalls, user_namespaces
from lab.engines.namespaces.host import machine_root, network
from lab.engines.namespaces.host.init import NAMESPACES
from lab.engines.namespaces.protocol import address_of
from lab.engines.namespaces.spec import LabSpec
from lab.engines.namespaces.supervisor import control_pipe
from lab.engines.namespaces.supervisor.supervisor import Supervisor


def main() -> None:
    """Make the namespaces, while whoever started this reads the file; then become the lab.

    Each argument is a socket on which agents are asked for: see `agents`.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for channel in sys.argv[1:]:
        _fork_agents(int(channel))
    try:
        # Of this network namespace, and this user: the names of abstract sockets are its own.
        control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        address = address_of(os.environ[MARK])
        outer = user_namespaces.Outer()
        syscalls.unshare(NAMESPACES)
        inner = user_namespaces.make_inner(others=outer.mapped())
        syscalls.unshare(syscalls.CLONE_NEWPID)
        if os.fork():
            os._exit(0)
        if not (line := sys.stdin.readline()):
            return  # nothing is to be started, or nobody is there any more
        lab = LabSpec.from_json(line)
        try:
            control.bind(address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            control_pipe.send(error="its name is taken", keys=[], taken=True)
            os._exit(1)
        control.listen()
        network.forward_nothing()
        machine_root.build(lab)
        Supervisor(lab, inner, control).run()
    except OSError as error:
        control_pipe.send(error=text_of(error), keys=[])
        os._exit(1)


def _fork_agents(channel: int) -> None:
    """Fork what begins agents: half of what it needs has been loaded here.

    Its module is loaded there alone, because not every lab has faults.
    """
    if os.fork() == 0:
        from lab.engines.namespaces.supervisor.agents import serve  # noqa: PLC0415

        try:
            serve(channel)
        finally:
            os._exit(0)
    os.close(channel)


if __name__ == "__main__":
    main()
