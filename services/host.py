"""Runs several programs of `services` as the processes of one host.

Owns their start, the passing on of signals, their end and the host's exit status. As process 1
of a container it also reaps orphans, which no one else can. What the programs do, and where their
lines go, is theirs: they inherit standard output.
"""

import os
import shlex
import signal
import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from services import forked, log
from services.options import UsageError, add_log_options, parser, run, seconds
from services.signals import SignalPipe

ENDING = frozenset({signal.SIGTERM, signal.SIGINT})
EPILOG = """\
example:
  python3 -m services.host 'tcp_time_server --concurrency thread' udp_time_server

SIGTERM and SIGINT are passed on to every program; what is left after --grace is killed.

exit status:
  0    every program ended with 0, or by the signal that was passed on
  2    an option is wrong, or there is no such program
  else the status of the first program that failed (128 + n for signal n); the others are ended"""


class Host:
    """The running programs, by process id."""

    def __init__(self, grace_s: float) -> None:
        self.status = 0
        self.running: dict[int, str] = {}
        self._grace_s = grace_s
        self._deadline: float | None = None
        self._pipe = SignalPipe(ENDING | {signal.SIGCHLD})
        self._reap()  # orphans that ended before it listened

    def start(self, words: list[str]) -> None:
        """Starts `services.WORDS[0]` with the rest as arguments, with no signal blocked."""
        pid = forked.start(words[0], words[1:], self._pipe.forget)
        self.running[pid] = words[0]
        log.debug(f"started {words[0]} as process {pid}")

    def wait(self) -> bool:
        """Waits for the next thing to happen, up to the deadline; True if a signal to end came."""
        left_s = None if self._deadline is None else self._deadline - time.monotonic()
        caught, _ = self._pipe.wait(left_s)
        self._reap()
        if left_s is not None and left_s <= 0:
            self._kill()
        ending = not ENDING.isdisjoint(caught)
        if ending:
            self.end()
        return ending

    def end(self) -> None:
        """Asks every program to end; the deadline runs from the first time."""
        if self._deadline is None:
            self._deadline = time.monotonic() + self._grace_s
        for pid in self.running:
            os.kill(pid, signal.SIGTERM)

    def _kill(self) -> None:
        for pid, name in self.running.items():
            log.error(f"{name}: not ended after {self._grace_s:g} s, killed")
            os.kill(pid, signal.SIGKILL)
        self._deadline = time.monotonic() + self._grace_s

    def _reap(self) -> None:
        while True:
            try:
                # Any child: orphans of the host come to process 1 under unknown ids.
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            name = self.running.pop(pid, None)
            if name is not None:
                self._ended(name, os.waitstatus_to_exitcode(status))

    def _ended(self, name: str, code: int) -> None:
        stopped_by_us = self._deadline is not None and code == -signal.SIGTERM
        if code == 0 or stopped_by_us:
            log.debug(f"{name}: ended")
            return
        why = f"signal {signal.Signals(-code).name}" if code < 0 else f"status {code}"
        log.error(f"{name}: failed with {why}")
        self.status = self.status or (128 - code if code < 0 else code)
        if self._deadline is None:
            self.end()


def programs() -> list[str]:
    """The names of the programs: the modules of this package that can be run."""
    here = Path(__file__).parent
    files = sorted(here.glob("*.py"))
    return [file.stem for file in files if '\nif __name__ == "__main__":' in file.read_text()]


def parsed(command: str) -> list[str]:
    """The words of one program's command line. Raises UsageError."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"{command!r}: {error}; check the quotes") from None
    known = programs()
    if not words or words[0] not in known:
        name = words[0] if words else command
        raise UsageError(f"{name!r}: no such program; there are {', '.join(known)}")
    return words


def command_line(arguments: Sequence[str]) -> Namespace:
    options = parser("host", "Runs programs of this package together.", EPILOG)
    options.usage = "python3 -m services.host [options] 'PROGRAM [ARGUMENT...]'..."
    options.add_argument("programs", nargs="*", metavar="PROGRAM", help="a program's command line")
    options.add_argument(
        "--hold", action="store_true", help="stay, when all have ended with 0, until SIGTERM"
    )
    options.add_argument(
        "--ready-file",
        type=Path,
        metavar="PATH",
        help="with --hold: made once all have ended with 0, removed at the end",
    )
    options.add_argument(
        "--grace",
        type=seconds,
        default=8.0,
        metavar="SECONDS",
        help="after a signal, time for the programs to end (default 8)",
    )
    add_log_options(options)
    return options.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    chosen = command_line(arguments)
    commands = [parsed(command) for command in chosen.programs]
    if not commands and not chosen.hold:
        raise UsageError("no program to run; name one, or give --hold")
    if chosen.ready_file:
        make_unready(chosen.ready_file)
    log.start(chosen.ident, chosen.log_options, chosen.facility)
    host = Host(chosen.grace)
    for words in commands:
        host.start(words)
    ended = False
    while host.running:
        ended = host.wait() or ended
    if chosen.hold and not host.status and not ended:
        hold(host, chosen.ready_file)
    return host.status


def hold(host: Host, ready: Path | None) -> None:
    """Stays until a signal; the ready file is there meanwhile."""
    if ready:
        ready.touch()
    while not host.wait():
        pass
    if ready:
        ready.unlink(missing_ok=True)


def make_unready(ready: Path) -> None:
    """Removes what an earlier run left, and finds out that the file can be made. Raises
    UsageError."""
    try:
        ready.touch()
        ready.unlink()
    except OSError as error:
        why = f"{error.strerror}; choose a path that can be written"
        raise UsageError(f"--ready-file {ready}: {why}") from None


if __name__ == "__main__":
    run(main, "host")
