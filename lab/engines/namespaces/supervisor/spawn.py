"""Makes hosts: forks each one's init into a pid namespace of its own.

A fork and no new program, because what an init needs is loaded here already.
"""

import contextlib
import json
import os
import resource
import socket
import sys
from collections.abc import Sequence
from typing import NoReturn

from lab.compose.errors import text_of
from lab.engines.namespaces import syscalls
from lab.engines.namespaces.host import freezer
from lab.engines.namespaces.host.init import Init
from lab.engines.namespaces.spec import LabSpec
from lab.engines.namespaces.supervisor.host_state import HostState
from lab.engines.namespaces.supervisor.loop import Loop
from lab.errors import LocatedError

_MORE_DESCRIPTORS = 16  # above those of the loop: a host's pipes before they are in it


class Spawner:
    """Forks inits from this process, the supervisor. `inner` is the user namespace of programs."""

    def __init__(self, lab: LabSpec, inner: int, loop: Loop) -> None:
        self._lab = lab
        self._inner = inner
        self._loop = loop
        self._own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY)
        self._title = syscalls.Title()
        # Each host takes some descriptors here; its programs may have as many as ever.
        self._files = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (self._files[1], self._files[1]))

    def spawn(self, host: HostState) -> tuple[int, int]:
        """Fork the host's init; return the descriptors to read the host's two outputs from.

        OSError when there cannot be one.
        """
        host.generation += 1
        with contextlib.ExitStack() as theirs, contextlib.ExitStack() as ours:
            channel, its_channel = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            ours.callback(channel.close)
            theirs.callback(its_channel.close)
            reads, writes = [], []
            for _ in range(2):
                read, write = os.pipe()
                # What is ready may have been read for a client's request, before its turn.
                os.set_blocking(read, False)
                ours.callback(os.close, read)
                theirs.callback(os.close, write)
                reads.append(read)
                writes.append(write)
            pid = self._fork_init(host, its_channel, (writes[0], writes[1]))
            ours.pop_all()
        host.spawned(pid, channel)
        return reads[0], reads[1]

    def _fork_init(self, host: HostState, channel: socket.socket, outputs: tuple[int, int]) -> int:
        syscalls.unshare(syscalls.CLONE_NEWPID)
        try:
            pid = os.fork()
            if pid == 0:
                self._become_init(host, channel, outputs)
        finally:  # or the next one would have no parent to be forked from
            syscalls.setns(self._own_pids, syscalls.CLONE_NEWPID)
        return pid

    def _become_init(
        self, host: HostState, channel: socket.socket, outputs: tuple[int, int]
    ) -> NoReturn:
        try:
            self._title.show(freezer.RUNS, host.spec.name)
            null = os.open(os.devnull, os.O_RDONLY)
            for number, descriptor in enumerate((null, *outputs)):
                os.dup2(descriptor, number)
            low = 3
            for kept in sorted((channel.fileno(), self._inner)):
                os.closerange(low, kept)
                low = kept + 1
            os.closerange(low, self._loop.highest() + _MORE_DESCRIPTORS)
            resource.setrlimit(resource.RLIMIT_NOFILE, self._files)
            Init(self._lab, host.spec, channel, self._inner).run()
        except OSError as error:
            _send_error(channel, text_of(error))
        except LocatedError as error:
            _send_error(channel, str(error), error.keys)
        except Exception:  # a bug of ours: into the host's output
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(1)


def _send_error(channel: socket.socket, text: str, keys: Sequence[str | int] = ()) -> None:
    """Send why there is no init; the keys are the place of the compose file that is wrong."""
    channel.send(json.dumps({"event": "failed", "error": text, "keys": keys}).encode())
