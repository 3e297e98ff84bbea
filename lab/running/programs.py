"""Programs that a scenario runs on hosts: their input, output and end."""

import time
from threading import Condition, Thread
from typing import IO, Any

from lab.engines.base import Host


class RunningProgram:
    """A program under way; its outputs are read as they come."""

    def __init__(self, host: Host, argv: tuple[str, ...], text: str, user: str | None) -> None:
        self.host = host.name
        self._argv = argv
        self._began_ns = time.time_ns()
        self._program = host.start(argv, user=user)
        process = self._program.process
        self._read: dict[str, bytes] = {"output": b"", "errors": b""}
        self._changed = Condition()
        self._open = 2
        assert process.stdin
        assert process.stdout
        assert process.stderr
        self._threads = [
            Thread(target=self._follow, args=("output", process.stdout), daemon=True),
            Thread(target=self._follow, args=("errors", process.stderr), daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        process.stdin.write(text.encode())
        process.stdin.close()

    def _follow(self, name: str, stream: IO[bytes]) -> None:
        while piece := getattr(stream, "read1")(65536):  # noqa: B009 - IO[bytes] has no read1
            with self._changed:
                self._read[name] += piece
                self._changed.notify_all()
        with self._changed:
            self._open -= 1
            self._changed.notify_all()

    def wait_for(self, condition: Any, within_s: float) -> bool:
        """Wait until a condition holds of the output so far; tell whether it did in time."""
        with self._changed:
            return bool(
                self._changed.wait_for(
                    lambda: (
                        condition(self._read["output"].decode(errors="replace")) or not self._open
                    ),
                    within_s,
                )
            ) and bool(condition(self._read["output"].decode(errors="replace")))

    def wait(self, within_s: float) -> dict[str, Any]:
        """Wait for its end; return what is known then, `pending` if it has not ended."""
        with self._changed:
            ended = self._changed.wait_for(lambda: not self._open, within_s)
        facts: dict[str, Any] = {
            "host": self.host,
            "argv": list(self._argv),
            "began_ns": self._began_ns,
            "ended_ns": time.time_ns(),
            **{name: data.decode(errors="replace") for name, data in self._read.items()},
        }
        if not ended:
            return facts | {"pending": True}
        return facts | {"exit_status": self._program.process.wait()}

    def close(self) -> None:
        """End it, if it has not ended."""
        process = self._program.process
        if process.poll() is None:
            self._program.signal("KILL")
        process.wait()
        for thread in self._threads:
            thread.join()
