"""Makes hosts: forks each one's init into a pid namespace of its own.

A fork and no new program, because what an init needs is loaded here already.
"""

import json
import os
import socket
import sys
from typing import NoReturn

from lab.engines.namespaces import syscalls
from lab.engines.namespaces.init import Init
from lab.engines.namespaces.kept import KeptHost
from lab.engines.namespaces.loop import Loop
from lab.engines.namespaces.spec import LabSpec

_MORE_DESCRIPTORS = 16  # above those of the loop: a host's pipes before they are in it


class Births:
    """Forks inits from this process, the keeper. `inner` is the user namespace of programs."""

    def __init__(self, lab: LabSpec, inner: int, loop: Loop) -> None:
        self._lab = lab
        self._inner = inner
        self._loop = loop
        self._own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY)
        self._title = syscalls.Title()

    def give(self, host: KeptHost) -> tuple[int, int]:
        """Fork the host's init; return the descriptors to read the host's two outputs from."""
        host.generation += 1
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        (out, out_write), (err, err_write) = os.pipe(), os.pipe()
        syscalls.unshare(syscalls.CLONE_NEWPID)
        pid = os.fork()
        if pid == 0:
            self._become_init(host, theirs, (out_write, err_write))
        syscalls.setns(self._own_pids, syscalls.CLONE_NEWPID)
        theirs.close()
        for descriptor in (out_write, err_write):
            os.close(descriptor)
        host.pid, host.channel, host.ready, host.status = pid, ours, False, None
        return out, err

    def _become_init(
        self, host: KeptHost, channel: socket.socket, outputs: tuple[int, int]
    ) -> NoReturn:
        try:
            self._title.show("lab-init", host.spec.name)
            nothing = os.open(os.devnull, os.O_RDONLY)
            for number, descriptor in enumerate((nothing, *outputs)):
                os.dup2(descriptor, number)
            low = 3
            for kept in sorted((channel.fileno(), self._inner)):
                os.closerange(low, kept)
                low = kept + 1
            os.closerange(low, self._loop.highest() + _MORE_DESCRIPTORS)
            Init(self._lab, host.spec, channel, self._inner).run()
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            text = f"{error.strerror or error}{where}"
            channel.send(json.dumps({"is": "failed", "text": text}).encode())
        except Exception:  # a fault of ours: into what the host says
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(1)
