"""A program, watched: what it is given and what it prints is written down."""

import io
import subprocess
import time
from typing import IO, Any

from lab.api.program import Program
from lab.api.run_log import RunLog
from lab.api.tee import Tee
from lab.errors import InputClosedError
from lab.evidence import inputs


class RecordedProgram(Program):
    """Another program, watched."""

    def __init__(self, program: Program, diary: RunLog) -> None:
        vars(self).update(vars(program))
        self._diary = diary
        self._began_ns = time.time_ns()
        self._written = False
        self._tees = {
            name: _tee(self.process, stream)
            for name, stream in (("output", "stdout"), ("errors", "stderr"))
        }
        # It reads the pipes past their streams.
        self._communicate = self.process.communicate
        vars(self.process)["communicate"] = self._watched_communicate

    def _watched_communicate(self, *arguments: Any, **named: Any) -> tuple[bytes, bytes]:
        """See `subprocess.Popen.communicate`; what had been read ahead is there, too."""
        before = [tee.take() for tee in self._tees.values()]
        found = []
        for tee, ahead, data in zip(
            self._tees.values(), before, self._communicate(*arguments, **named), strict=True
        ):
            tee.see(data or b"")
            found.append(ahead + (data or b""))
        return found[0], found[1]

    def end(self) -> None:
        """Write down what came of it, then end it as any program."""
        self.write_rest()
        super().end()

    def write_rest(self) -> None:
        """Write down, once, what it has printed and whether it has ended."""
        if self._written:
            return
        self._written = True
        status = self.process.poll()
        for tee in self._tees.values():
            tee.look()
        self._diary.write(
            "program",
            step=None,
            name=self.argv[0],
            host=self.host.name,
            argv=list(self.argv),
            began_ns=self._began_ns,
            ended_ns=time.time_ns(),
            **{name: tee.seen.decode(errors="replace") for name, tee in self._tees.items()},
            **({"pending": True} if status is None else {"exit_status": status}),
        )

    def write(self, data: str | bytes) -> None:
        """Give it more standard input. Errors as for any program; what failed is written, too."""
        given = data.encode() if isinstance(data, str) else data
        try:
            super().write(given)
        except InputClosedError:
            self._note(given, taken_bytes=0, refused=True)
            raise
        self._note(given, taken_bytes=len(given))

    def close_stdin(self) -> None:
        """End its standard input."""
        is_open = self.process.stdin is not None
        super().close_stdin()
        if is_open:
            self._note(b"", close=True, taken_bytes=0)

    def _note(self, data: bytes, *, close: bool = False, **more: object) -> None:
        facts = inputs.facts(data, close=close)
        self._diary.write(
            "input", step=None, name=self.argv[0], host=self.host.name, **facts, **more
        )


def _tee(process: subprocess.Popen[bytes], name: str) -> Tee:
    pipe: IO[bytes] = getattr(process, name)
    tee = Tee(pipe)
    setattr(process, name, io.BufferedReader(tee))
    return tee
