"""Runs a program on a host: `exec.py HOST PID INNER FOLDER LIMITS TERM [NAME=VALUE...] -- ARGV`.

PID is the host's process 1, as this machine counts; INNER is `-`, or the descriptor of that process
that keeps the user namespace of the host's programs. LIMITS are the host's (`limits.text`), or
empty. With a TERM other than `-` the program gets a
terminal of the host, else this process's own descriptors. The exit status is the program's, or
128 + n if signal n ended it. Not nsenter(1), which stops itself when the program is stopped.

The program does not outlive this process, whatever ends that.
"""

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).parents[4]))

from lab.engines import lifecycle
from lab.engines.namespaces import syscalls
from lab.engines.namespaces.host import freezer, processes

_KINDS = {
    "user": syscalls.CLONE_NEWUSER,  # first, for the right to enter the others
    "mnt": syscalls.CLONE_NEWNS,
    "net": syscalls.CLONE_NEWNET,
    "uts": syscalls.CLONE_NEWUTS,
    "ipc": syscalls.CLONE_NEWIPC,
    "pid": syscalls.CLONE_NEWPID,
}
_PASSED_ON = (signal.SIGTERM, signal.SIGHUP)


def main() -> NoReturn:
    """Enter, run, wait."""
    split = sys.argv.index("--")
    host, pid, inner, folder, limits, term, *settings = sys.argv[1:split]
    environment = dict(entry.partition("=")[::2] for entry in settings)
    try:
        _enter(pid, inner)
        parent = os.pidfd_open(os.getpid())
        if term != "-":
            from lab.engines.namespaces.host import terminal  # noqa: PLC0415 - only where there is one

            environment["TERM"] = term
            master, slave = os.openpty()
            terminal.follow_size(master)
        child = os.fork()
        if child == 0:
            syscalls.end_with(parent)
            if Path("/proc/1/comm").read_text(encoding="ascii").strip() == freezer.PAUSED:
                _fail(lifecycle.refusal(host, lifecycle.EXEC, lifecycle.PAUSED))
            if term != "-":
                os.login_tty(slave)
            _become(sys.argv[split + 1 :], folder, limits, environment)
    except OSError as error:
        _fail(f"{host}: {error.strerror}")
    for number in _PASSED_ON:
        signal.signal(number, lambda passed, _: os.kill(child, passed))
    # The terminal gives it to the program, too, which decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if term != "-":
        os.close(slave)
        terminal.relay(master, child)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def _enter(pid: str, inner: str) -> None:
    place = Path("/proc", pid)
    wanted = [(kind, place / "ns" / name) for name, kind in _KINDS.items()]
    if inner != "-":
        wanted.append((syscalls.CLONE_NEWUSER, place / "fd" / inner))
    opened = [(kind, os.open(path, os.O_RDONLY)) for kind, path in wanted]
    for kind, descriptor in opened:
        syscalls.setns(descriptor, kind)
    if inner != "-":
        syscalls.keep_bounding_set()
        syscalls.no_new_privileges()


def _become(argv: list[str], folder: str, limits: str, environment: dict[str, str]) -> NoReturn:
    try:
        syscalls.default_signals()
        processes.start_in(folder)
        if limits:
            from lab.compose.limits import apply, of_text  # noqa: PLC0415 - only where there are some

            apply(of_text(limits))
        os.execvpe(argv[0], argv, environment)  # noqa: S606
    except OSError as error:
        _fail(f"{argv[0]}: {error.strerror}", 127 if isinstance(error, FileNotFoundError) else 126)


def _fail(text: str, status: int = 125) -> NoReturn:
    os.write(2, f"{text}\n".encode())
    os._exit(status)


if __name__ == "__main__":
    main()
