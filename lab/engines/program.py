"""A program that runs on a host, as this process has it."""

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.engines.base import Host


class Program:
    """A program that runs on a host. Leaving its `with` block kills it and waits for its end."""

    def __init__(
        self, host: "Host", process: subprocess.Popen[bytes], pid: int, user: str | None
    ) -> None:
        self.host = host
        # Its pipes, and its exit status; with Docker the program may outlive this process.
        self.process = process
        # In the host's own pid namespace.
        self.pid = pid
        self._user = user

    def signal(self, name: str) -> None:
        """Send it a signal (a name as in signal(7), without SIG); none if it has ended."""
        # As its own user: a host's root need not have the right to signal others.
        kill = f"kill -s {name} {self.pid}"
        self.host.run(["sh", "-c", kill], user=self._user, timeout_s=20)

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_exception: object) -> None:
        if self.process.poll() is None:
            self.signal("KILL")
        self.process.communicate()
