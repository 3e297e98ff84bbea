"""The tracer of a program on a host: `tracer.py HOST PID`, by its standard streams.

PID is the host's process 1, as this machine counts. It enters the host's own user namespace, in
which it has every right over the programs of the host, and they have none over it; there it is what
`lab.agent.tracing.server` says. It does not outlive this process, whatever ends that.
"""

import os
import sys
from pathlib import Path
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).parents[4]))

from lab.agent.tracing import server
from lab.engines.namespaces import entering, syscalls

_KINDS = ("user", "mnt", "net", "pid")


def main() -> NoReturn:
    """Enter, and trace as it is told."""
    host, pid = sys.argv[1:]
    entering.enter(*((int(pid), kind) for kind in _KINDS))
    parent = os.pidfd_open(os.getpid())
    child = os.fork()
    if child == 0:
        syscalls.end_with(parent)
        os.close(parent)
        syscalls.Title().show("lab-tracer", host)
        server.serve()
    os.waitpid(child, 0)
    os._exit(0)


if __name__ == "__main__":
    main()
