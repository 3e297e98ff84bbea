"""A program, watched: the input that it is given is written down, with its moment."""

from lab.engines.program import Program
from lab.errors import InputClosedError
from lab.evidence import inputs
from lab.watching.diary import Diary


class WatchedProgram(Program):
    """Another program, watched."""

    def __init__(self, program: Program, diary: Diary) -> None:
        vars(self).update(vars(program))
        self._diary = diary

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
