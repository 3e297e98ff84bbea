"""A program that runs on a host, as this process has it."""

import subprocess
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from lab.errors import InputClosedError, LabError

if TYPE_CHECKING:
    from lab.engines.base import Host

_ENDS_WITHIN_S = 5.0  # after SIGKILL
_NEWS_WITHIN_S = 1.0  # of the end of who reads no more


class Program:
    """A program that runs on a host. Leaving its `with` block kills it and waits for its end."""

    def __init__(
        self,
        host: "Host",
        process: subprocess.Popen[bytes],
        pid: int,
        user: str | None,
        argv: Sequence[str],
    ) -> None:
        self.host = host
        # Its pipes, and its exit status; with Docker the program may outlive this process.
        self.process = process
        # In the host's own pid namespace.
        self.pid = pid
        self.argv = tuple(argv)
        self._user = user

    def signal(self, name: str) -> None:
        """Send it a signal (a name as in signal(7), without SIG); none if it has ended."""
        # As its own user: a host's root need not have the right to signal others.
        kill = f"kill -s {name} {self.pid}"
        self.host.run(["sh", "-c", kill], user=self._user, timeout_s=20)

    def write(self, data: str | bytes) -> None:
        """Give it more standard input (a text as UTF-8), at once; wait while its pipe is full.

        InputClosedError, which is a BrokenPipeError, when it has ended, or after `close_stdin`.
        """
        stdin = self.process.stdin
        if stdin is None or stdin.closed:
            raise self._closed("its standard input has been closed")
        try:
            if self.process.poll() is None:
                stdin.write(data.encode() if isinstance(data, str) else data)
                stdin.flush()
                return
        except BrokenPipeError:
            pass
        self._let_go_of_stdin()
        raise self._closed(self._how_it_is())

    def close_stdin(self) -> None:
        """End its standard input; done again, or after its end, it does nothing."""
        self._let_go_of_stdin()

    def _how_it_is(self) -> str:
        try:
            status = self.process.wait(_NEWS_WITHIN_S)
        except subprocess.TimeoutExpired:
            return "it reads no more"
        return f"it has ended with exit status {status}"

    def _closed(self, why: str) -> InputClosedError:
        return InputClosedError(f"{self.host.name}: {self.argv[0]} takes no input: {why}")

    def _let_go_of_stdin(self) -> None:
        # None is what subprocess itself takes for "there is none": it would close it once more.
        stdin, self.process.stdin = self.process.stdin, None
        if stdin:
            with suppress(BrokenPipeError):  # what was written in vain
                stdin.close()

    def end(self) -> None:
        """Kill it, if it has not ended, and close its pipes; what it has started may go on."""
        if self.process.poll() is None:
            with suppress(LabError):  # its host is not there any more
                self.signal("KILL")
        self._let_go_of_stdin()
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()
        try:
            self.process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:  # what stands for it here; the lab ends the rest
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.end()
