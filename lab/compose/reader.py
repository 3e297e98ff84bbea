"""Reads the files of one lab, each to a tree with its variables set, and no more than a bound.

Files may include each other, and services extend each other's, many times over: small files may
stand for very much together.
"""

from collections.abc import Mapping
from pathlib import Path

from lab import regular_file
from lab.compose import yaml
from lab.compose.interpolation import interpolate
from lab.compose.nodes import Node, of_file
from lab.errors import TopologyError, VariableError

_MOST_FILES = 1_000  # one that is read again counts again
_MOST_VALUES = 500_000
_MOST_CHARACTERS = 16 << 20  # of texts in which variables are set


class Reader:
    """Knows how much has been read."""

    def __init__(self) -> None:
        self._files = _MOST_FILES
        self._values = _MOST_VALUES
        self._characters = _MOST_CHARACTERS

    def read(self, path: Path, environment: Mapping[str, str]) -> Node:
        """Return one file's tree. TopologyError, with PATH:LINE, also when it is too much."""

        def with_variables(text: str, line: int) -> str:
            return self._with_variables(text, environment, path, line)

        self._files -= 1
        if self._files < 0:
            raise _wrong(path, 1, f"is one more than {_MOST_FILES} files to be read for a lab")
        tree = of_file(path, yaml.parse(path), with_variables)
        return tree.with_value({}) if tree.value is None else tree

    def _with_variables(
        self, text: str, environment: Mapping[str, str], path: Path, line: int
    ) -> str:
        self._values -= 1
        if self._values < 0:
            what = f"the files of the lab have more than {_MOST_VALUES} values together"
            raise _wrong(path, line, what)
        if "\0" in text:
            raise _wrong(path, line, f"{text!r}: no text of a compose file has a NUL character")
        if "$" not in text:
            return text
        try:
            found = str(interpolate(text, environment))
        except VariableError as error:
            raise _wrong(path, line, str(error)) from error
        self._characters -= len(found)
        if self._characters < 0:
            what = f"its variables stand for more than {_MOST_CHARACTERS} characters"
            raise _wrong(path, line, what)
        return found


def check_readable(path: Path, named_by: Node) -> None:
    """Raise TopologyError, with the place that names it, for a file that cannot be read."""
    try:
        with regular_file.opened(path):
            pass
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise _wrong(named_by.path, named_by.line, f"{path}: {why}; name another file") from error


def _wrong(path: Path, line: int, text: str) -> TopologyError:
    return TopologyError(f"{path}:{line}: {text}")
