"""The agent as a program: `serve` is the agent itself, `stdio` bridges its standard streams to one.

`trace` traces a program, as its standard input tells it to.
`kernel-support` prints what the wire lacks in this network namespace, as JSON: [[PART, WHY], ...].

    python3 lab/agent serve PATH
    python3 lab/agent serve --listener DESCRIPTOR --host DESCRIPTOR
    python3 lab/agent stdio PATH
    python3 lab/agent trace
    python3 lab/agent kernel-support

PATH is of its Unix socket; the descriptors are inherited: a listening socket, and a pidfd of the
host's first process, with which the agent ends.
"""

import os
import sys

sys.path.insert(0, os.path.abspath(f"{__file__}/../../.."))

from lab.agent import stdio


def main() -> None:
    """Do what the command line says."""
    # First, as it loads little: there is one for each connection to a sidecar.
    if sys.argv[1:2] == ["stdio"]:
        stdio.bridge(sys.argv[2])
    elif sys.argv[1:2] == ["trace"]:
        _tracer()
    else:
        _agent()


def _tracer() -> None:
    from lab.agent.tracing import server

    server.serve()


def _agent() -> None:
    import argparse
    import json
    import socket
    from pathlib import Path

    from lab.agent.server import Server
    from lab.agent.wire import kernel_support

    parser = argparse.ArgumentParser(prog="agent", description=__doc__)
    parser.add_argument("do", choices=("serve", "stdio", "trace", "kernel-support"))
    parser.add_argument("path", nargs="?")
    parser.add_argument("--listener", type=int)
    parser.add_argument("--host", type=int)
    asked = parser.parse_args()
    if asked.do == "kernel-support":
        json.dump(list(kernel_support.missing()), sys.stdout)
        return
    if asked.listener is not None:
        listener = socket.socket(fileno=asked.listener)
    else:
        listener = socket.socket(socket.AF_UNIX)
        Path(asked.path).unlink(missing_ok=True)
        listener.bind(asked.path)
        listener.listen()
    Server(listener, asked.host).run()


if __name__ == "__main__":
    main()
