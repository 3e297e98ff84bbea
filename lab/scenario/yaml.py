"""The YAML of a scenario as mappings that know the lines they stand in.

It is read as compose files are (`lab.compose.yaml`), and each mistake is reported with its line.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lab import printable, regular_file
from lab.compose import nodes, yaml_limits
from lab.compose.nodes import Node
from lab.compose.yaml import parse_text
from lab.errors import ParseError, ScenarioError
from lab.suggestions import meant

_KINDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "a mapping",
    type(None): "nothing",
}


class Mapping:
    """A mapping of the file: its values by key, and the line of each."""

    def __init__(self, node: Node) -> None:
        self.line: int = node.line
        self._lines: dict[str, int] = {str(key): below.line for key, below in node.value.items()}
        self._values: dict[str, Any] = {
            str(key): _value(below) for key, below in node.value.items()
        }

    def keys(self) -> Iterable[str]:
        """Return the keys, in the order of the file."""
        return self._values.keys()

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def line_of(self, key: str) -> int:
        """Return the line of a key, or of the mapping where there is no such key."""
        return self._lines.get(key, self.line)

    def error(self, key: str, text: str) -> ParseError:
        """Return the ParseError that says what is wrong with the value of a key."""
        return ParseError(self.line_of(key), f"{key}: {text}")

    def get(self, key: str, *kinds: type, default: Any = None) -> Any:
        """Return a value, which must be of one of the kinds, or the default."""
        if key not in self._values:
            return default
        value = self._values[key]
        if type(value) not in kinds and not (type(value) is int and float in kinds):
            kinds_text = " or ".join(_KINDS[kind] for kind in kinds)
            raise self.error(key, f"must be {kinds_text}, not {kind_of(value)}")
        return value

    def need(self, key: str, *kinds: type) -> Any:
        """Return a value that must be there."""
        if key not in self._values:
            raise ParseError(self.line, f"{key}: is missing")
        return self.get(key, *kinds)

    def only(self, *known: str) -> None:
        """Refuse keys that are not among these."""
        for key in self._values:
            if key not in known:
                raise ParseError(self.line_of(key), f"{key}: unknown{meant(key, known)}")

    def raw(self, key: str) -> Any:
        """Return a value of any kind."""
        return self._values[key]

    def plain(self) -> dict[str, Any]:
        """Return it as Python's own, with all that is in it."""
        return {key: unwrapped(value) for key, value in self._values.items()}


def unwrapped(value: Any) -> Any:
    """Return a value without any Mapping in it."""
    if isinstance(value, Mapping):
        return value.plain()
    return [unwrapped(one) for one in value] if isinstance(value, list) else value


def kind_of(value: Any) -> str:
    """Say what a value is."""
    return "a mapping" if isinstance(value, Mapping) else _KINDS[type(value)]


def _value(node: Node) -> Any:
    if isinstance(node.value, dict):
        return Mapping(node)
    if isinstance(node.value, list):
        return [_value(entry) for entry in node.value]
    if isinstance(node.value, bytes):
        raise ParseError(node.line, "!!binary: bytes are written as {hex: 00ff} here")
    if node.tag or type(node.value) not in _KINDS:  # of a set, or a time
        text = "a tag that has no meaning here; leave it out"
        raise ParseError(node.line, text)
    return node.value


def text_of(path: Path) -> str:
    """Return the text of a file. ScenarioError when it cannot be read."""
    try:
        return regular_file.read_text(path, yaml_limits.MOST_BYTES)
    except (OSError, ValueError) as error:
        why = "is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
        text = f"{printable.escaped(str(path))}: {getattr(error, 'strerror', None) or why}"
        raise ScenarioError(text) from error


def load(path: Path, text: str) -> Mapping:
    """Return the mapping that the text of a file is. ParseError when it is none."""
    node = nodes.of_nodes(path, parse_text(text))
    if not isinstance(node.value, dict) or not node.value:
        raise ParseError(1, "the file must be a mapping with title, shows, hosts and steps")
    return Mapping(node)
