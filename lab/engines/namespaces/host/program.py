"""Starts the program of a host, a child of the host's process 1, as the user that it has there."""

import os
import signal
from collections.abc import Mapping
from typing import NoReturn

from lab.compose import limits
from lab.engines.namespaces import syscalls, user_namespaces
from lab.engines.namespaces.host import processes
from lab.engines.namespaces.spec import HostSpec


def start(spec: HostSpec, environment: Mapping[str, str], user_namespace: int) -> tuple[int, bytes]:
    """Return the pid of the program, and b""; or else why it cannot be started.

    Once this returns a signal to the pid reaches the program. `user_namespace` is the inner one.
    """
    path = processes.find(spec.argv[0], environment.get("PATH", ""))
    errors, errors_write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(errors)
        _become(path, spec, environment, user_namespace, errors_write)
    # Its end is the program's exec: before that, a signal would not reach the program.
    os.close(errors_write)
    error = os.read(errors, 4096)
    os.close(errors)
    if error:
        os.waitpid(pid, 0)
    return pid, error


def _become(
    path: str,
    spec: HostSpec,
    environment: Mapping[str, str],
    user_namespace: int,
    errors_write: int,
) -> NoReturn:
    try:
        signal.set_wakeup_fd(-1)
        syscalls.default_signals()
        _drop_rights(spec, user_namespace)
        limits.apply(spec.limits)
        os.execvpe(path, spec.argv, environment)  # noqa: S606
    except OSError as error:
        os.write(errors_write, f"{spec.argv[0]}: {error.strerror}".encode())
    os._exit(127)


def _drop_rights(spec: HostSpec, user_namespace: int) -> None:
    # As the user `lab` there, and with the next exec without any capability.
    syscalls.setns(user_namespace, syscalls.CLONE_NEWUSER)
    user = spec.user
    syscalls.keep_bounding_set(user.capabilities if user else 0)
    if user:
        user_namespaces.become(user)
    syscalls.no_new_privileges()
