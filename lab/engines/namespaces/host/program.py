"""Starts a host's program, and its health checks: children of the host's process 1.

They run as the user that the program has there, with its rights.
"""

import os
import signal
from collections.abc import Mapping, Sequence
from typing import NoReturn

from lab.compose import limits
from lab.engines.namespaces import syscalls, user_namespaces
from lab.engines.namespaces.host import confinement, processes
from lab.engines.namespaces.spec import HostSpec


def start(
    argv: Sequence[str],
    spec: HostSpec,
    environment: Mapping[str, str],
    user_namespace: int,
    files: Sequence[int] = (),
) -> tuple[int, bytes]:
    """Return the pid of the program, and b""; or else why it cannot be started.

    Once this returns a signal to the pid reaches the program. It has these files as its descriptors
    0, 1, ..., the others are this process's own. `user_namespace` is the inner one.
    """
    path = processes.find(argv[0], environment.get("PATH", ""))
    errors, errors_write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(errors)
        try:
            for number, file in enumerate(files):
                os.dup2(file, number)
            _become(path, argv, spec, environment, user_namespace)
        except OSError as failure:
            os.write(errors_write, str(failure.strerror).encode())
        os._exit(127)
    # Its end is the program's exec: before that, a signal would not reach the program.
    os.close(errors_write)
    error = os.read(errors, 4096)
    os.close(errors)
    if error:
        os.waitpid(pid, 0)
    return pid, error


def _become(
    path: str,
    argv: Sequence[str],
    spec: HostSpec,
    environment: Mapping[str, str],
    user_namespace: int,
) -> NoReturn:
    signal.set_wakeup_fd(-1)
    syscalls.default_signals()
    confinement.enter_inner(user_namespace)
    confinement.give_up_rights(spec.user.capabilities if spec.user else 0)
    if spec.user:
        user_namespaces.become(spec.user)
    limits.apply(spec.limits)
    os.execvpe(path, list(argv), environment)  # noqa: S606
