"""Every error the lab raises on purpose. The text is one line that names the culprit.

What a peer's socket call gave is evidence, not an error of the lab, and is never raised from here.
The rooms `net` and `agent` travel without this file: what they raise is a ValueError or an OSError,
or of a class of their own that is one.
"""

import errno
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from lab import printable


class LabError(Exception):
    """The lab cannot do what was asked; `str()` is one line for the person, with a way out.

    Whatever names and values of others it has in it: what does not print is escaped, as `\\n` is,
    and of what is too long the middle is left out.
    """

    def __init__(self, text: str) -> None:
        super().__init__(self._shown(text))

    @staticmethod
    def _shown(text: str) -> str:
        return printable.line(text)


class UsageError(LabError):
    """What was asked for makes no sense here: an unknown host, a name that is taken, ..."""


class TopologyError(LabError):
    """The compose file is missing or wrong; the text begins with its path (and line)."""


class _UnplacedError(LabError):
    """Is shortened only when its place is before it."""

    @staticmethod
    def _shown(text: str) -> str:
        return printable.escaped(text)


class LocatedError(_UnplacedError):
    """Something is wrong at a place of the compose file; who knows its file makes a TopologyError.

    `keys` is the way to the place; a number in it is the place of an entry in a list, from 0.
    """

    def __init__(self, keys: tuple[str | int, ...], text: str) -> None:
        super().__init__(text)
        self.keys = keys


class ParseError(_UnplacedError):
    """Something is wrong in a line of a YAML file; who knows the file says which.

    `line` counts from 1; None where it is not known.
    """

    def __init__(self, line: int | None, text: str) -> None:
        super().__init__(text)
        self.line = line


class VariableError(_UnplacedError):
    """A variable of a compose file that must be set is not, or is not written as it should be."""


class EngineError(LabError):
    """An engine's program or daemon failed.

    `argv` is the command that failed (empty when it was an API call), `exit_status` its status
    (None when it gave none) and `stderr` the end of what it said.
    """

    def __init__(
        self,
        text: str,
        *,
        argv: Sequence[str] = (),
        exit_status: int | None = None,
        stderr: str = "",
    ) -> None:
        super().__init__(text)
        self.argv = tuple(argv)
        self.exit_status = exit_status
        self.stderr = stderr


class InputClosedError(EngineError, BrokenPipeError):
    """A program takes no more standard input: it has ended, or its input has been closed."""


class ProgramTimeoutError(EngineError):
    """A program has not ended in time, and was `killed`, or goes on.

    `output` and `errors` are what it has printed to its standard streams until then.
    """

    def __init__(
        self, text: str, *, argv: Sequence[str], output: bytes, errors: bytes, killed: bool
    ) -> None:
        super().__init__(text, argv=argv)
        self.output = output
        self.errors = errors
        self.killed = killed


class UnsupportedError(EngineError):
    """This machine lacks what is needed; the text says what, and how to get it."""


class LabGoneError(EngineError):
    """The lab is not there any more."""


class AgentError(EngineError):
    """The agent on a host's wire cannot be had, or cannot do what it was asked to."""


class AgentEndedError(EngineError):
    """The agent on a host's wire has ended, with its host or without: nothing is in force there."""


class EvidenceError(LabError):
    """Evidence is missing or cut short, or cannot be read."""


class IrregularFileError(OSError):
    """What is to be read is no regular file, but `kind`: "a FIFO", "a folder", ..."""

    def __init__(self, path: Path, kind: str) -> None:
        text = f"is not a regular file, but {kind}"
        if kind == "a folder":  # as open(2) has it
            super().__init__(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        else:
            super().__init__(errno.EINVAL, text, str(path))
        self.kind = kind


class LargeFileError(OSError):
    """A file has more than `most_bytes`, which is the most that is read."""

    def __init__(self, path: Path, most_bytes: int) -> None:
        super().__init__(errno.EFBIG, f"has more than {most_bytes} bytes", str(path))
        self.most_bytes = most_bytes


class ScenarioError(LabError):
    """A scenario file is wrong; each line of the text is FILE:LINE: what, and a way out."""

    @staticmethod
    def _shown(text: str) -> str:
        return printable.lines(text)


class SetupError(LabError):
    """`make setup` cannot prepare this machine; the text says what is missing, and the remedy."""


class InternalError(Exception):
    """The lab itself is wrong: what a process of its own has raised; a note has the traceback."""


def on_both_sides(hosts: Iterable[str]) -> str:
    """Return why hosts cannot be on both sides of a partition, and what else can be done."""
    names = sorted(hosts)
    itself = f"for what a host sends to itself, drop on {names[0]} -> {names[0]}"
    return f"{', '.join(names)}: on both sides; {itself}"
