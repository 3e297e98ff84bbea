"""Call servers on hosts: each is a child of the host's init, without rights like its programs.

It is forked and not executed: most of what a Python needs is there already, which saves the better
part of its start. So it must shed by itself what an exec takes away.
"""

import gc
import json
import os
import signal
from pathlib import Path
from typing import NoReturn

from lab.engines.namespaces import syscalls
from lab.engines.namespaces.host import confinement
from lab.engines.namespaces.spec import HostSpec


def become(channel: int, host: HostSpec) -> NoReturn:
    """Make this process, a fork of a host's init, the call server on this channel (a descriptor).

    It gives up all rights. If that fails, it sends {"failed": ...}, and ends.
    """
    try:
        syscalls.Title().show("lab-call-server", host.name)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        os.chdir("/")
        os.dup2(channel, 0)
        confinement.enter_alone()
        os.closerange(3, 1 + max(int(one.name) for one in Path("/proc/self/fd").iterdir()))
        confinement.give_up_rights()
        syscalls.keep_capabilities()
        syscalls.let_owner_look()
        os.environ.clear()
        os.environ.update(host.environment)
        # Only here: the supervisor, and so every host, would wait for it.
        from lab.agent.call_server.server import CallServer  # noqa: PLC0415

        gc.enable()
        CallServer(0, 0).run()
    except OSError as error:
        text = f"{host.name}: no socket calls there: {error.strerror}"
        os.write(0, json.dumps({"failed": text}).encode() + b"\n")
    finally:
        os._exit(1)
