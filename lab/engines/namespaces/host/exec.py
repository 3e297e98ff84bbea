"""Runs a program on a host: `exec.py HOST PID USER FOLDER LIMITS TERM [NAME=VALUE...] -- ARGV`.

PID is the host's process 1, as this machine counts. USER is `lab=N`, where the descriptor N of that
process keeps the user namespace of the host's programs, or `root=N`, who has the capabilities of
the bits N. LIMITS are the host's (`limits.text`), or empty. With a TERM other than `-` the program
gets a terminal of the host, else this process's own descriptors, or pipes to these (`pipes`). The
exit status is the program's, or 128 + n if signal n ended it. Not nsenter(1), which stops itself
when the program is stopped.

The program does not outlive this process, whatever ends that.
"""

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).parents[4]))

from lab.engines import lifecycle
from lab.engines.namespaces import entering, syscalls
from lab.engines.namespaces.host import confinement, freezer, processes

_KINDS = ("user", "mnt", "net", "uts", "ipc", "pid")
# Those that the caller's terminal would send, too: it is not the program's.
_PASSED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)


def main() -> NoReturn:
    """Enter, run, wait."""
    split = sys.argv.index("--")
    host, pid, user, folder, limits, term, *settings = sys.argv[1:split]
    environment = dict(entry.partition("=")[::2] for entry in settings)
    try:
        inner = _enter(pid, user)
        parent = os.pidfd_open(os.getpid())
        if term != "-":
            from lab.engines.namespaces.host import terminal  # noqa: PLC0415 - only where there is one

            environment["TERM"] = term
            master, slave = os.openpty()
            terminal.follow_size(master)
        else:
            from lab.engines.namespaces.host.pipes import Pipes  # noqa: PLC0415

            pipes = Pipes()
        # What comes before they can be passed on waits until then.
        unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED_ON)
        child = os.fork()
        if child == 0:
            signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
            _confine(user, inner)
            syscalls.end_with(parent)
            if Path("/proc/1/comm").read_text(encoding="ascii").strip() == freezer.PAUSED:
                _fail(lifecycle.refusal(host, lifecycle.EXEC, lifecycle.PAUSED))
            if term != "-":
                os.login_tty(slave)
            else:
                os.setsid()  # the caller's terminal is not to be had as /dev/tty either
                pipes.take()
            _become(sys.argv[split + 1 :], folder, limits, environment)
    except OSError as error:
        _fail(f"{host}: {error.strerror}")
    for number in _PASSED_ON:
        signal.signal(number, lambda passed, _: os.kill(child, passed))
    signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
    if term != "-":
        os.close(slave)
        terminal.relay(master, child)
    else:
        pipes.relay(child)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def _enter(pid: str, user: str) -> int:
    """Enter the namespaces that the host's process 1 is in; return its descriptor of the inner one.

    None (-1) for root.
    """
    name, _, number = user.partition("=")
    inner = os.open(f"/proc/{pid}/fd/{number}", os.O_RDONLY) if name == "lab" else -1
    entering.enter(*((int(pid), kind) for kind in _KINDS))
    return inner


def _confine(user: str, inner: int) -> None:
    if inner >= 0:
        confinement.enter_inner(inner)
        confinement.give_up_rights()
    else:
        confinement.enter_as_root()
        confinement.give_up_rights(int(user.partition("=")[2]))


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
