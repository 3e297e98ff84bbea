"""YAML as mappings that know the lines they stand in; what is wrong is said with its line.

The values are Python's, as YAML 1.1 has them, but for times and dates, which stay text.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from lab.errors import ScenarioError
from lab.suggestions import meant

_MOST_VALUES = 100_000
_KINDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    bytes: "bytes",
    list: "a list",
    dict: "a mapping",
    type(None): "nothing",
}


class ParseError(Exception):
    """Something is wrong in a line."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


class Mapping:
    """A mapping of the file: its values by key, and the line of each."""

    def __init__(self, node: yaml.MappingNode) -> None:
        self.line = node.start_mark.line + 1
        self._lines: dict[str, int] = {}
        self._values: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            name = key.value
            if not isinstance(key, yaml.ScalarNode):
                raise ParseError(line, "a key must be a word")
            if name in self._values:
                text = f"{name}: stands here twice, first in line {self._lines[name]}"
                raise ParseError(line, text)
            self._lines[name] = line
            self._values[name] = python(value)

    def keys(self) -> Iterable[str]:
        """Return the keys, in the order of the file."""
        return self._values.keys()

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def line_of(self, key: str) -> int:
        """Return the line of a key, or of the mapping where there is no such key."""
        return self._lines.get(key, self.line)

    def wrong(self, key: str, text: str) -> ParseError:
        """Return what to raise: something is wrong with the value of a key."""
        return ParseError(self.line_of(key), f"{key}: {text}")

    def get(self, key: str, *kinds: type, default: Any = None) -> Any:
        """Return a value, which must be of one of the kinds, or the default."""
        if key not in self._values:
            return default
        value = self._values[key]
        if type(value) not in kinds and not (type(value) is int and float in kinds):
            wanted = " or ".join(_KINDS[kind] for kind in kinds)
            raise self.wrong(key, f"must be {wanted}, not {kind_of(value)}")
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
    return "a mapping" if isinstance(value, Mapping) else _KINDS.get(type(value), "a time")


def python(node: yaml.Node) -> Any:
    """Return the value of a node."""
    if isinstance(node, yaml.MappingNode):
        return Mapping(node)
    if isinstance(node, yaml.SequenceNode):
        return [python(one) for one in node.value]
    if node.tag == "tag:yaml.org,2002:timestamp":
        return node.value
    line = node.start_mark.line + 1
    if node.tag == "tag:yaml.org,2002:binary":
        raise ParseError(line, "!!binary: bytes are written as {hex: 00ff} here")
    try:
        value = _constructor.construct_object(node)
    except (ValueError, LookupError, yaml.YAMLError):  # what its constructors let through
        raise ParseError(line, f"{node.value or repr(node.value)}: no value of YAML") from None
    return value


_constructor = yaml.constructor.SafeConstructor()


def text_of(path: Path) -> str:
    """Return the text of a file. ScenarioError when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        why = "is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
        text = f"{path}: {getattr(error, 'strerror', None) or why}"
        raise ScenarioError(text) from error


def load(text: str) -> Mapping:
    """Return a file's text, which is one mapping; ParseError when it is not."""
    with _yaml():
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        if not isinstance(node, yaml.MappingNode):
            raise ParseError(1, "the file must be a mapping with title, shows, hosts and steps")
        _refuse_bombs(node, set(), {})
        return Mapping(node)
    raise AssertionError


def keys_below(text: str, name: str) -> list[str]:
    """Return the keys of a mapping that a file's text has under a key; none: there is none.

    What else is there is not looked at: it may have tags and values of another program's.
    """
    with _yaml():
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
            if key.value == name and isinstance(value, yaml.MappingNode):
                return [str(one.value) for one, _ in value.value]
    return []


@contextmanager
def _yaml() -> Iterator[None]:
    try:
        yield
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ParseError(line, f"not YAML: {error.problem}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise ParseError(1, f"not YAML: {' '.join(str(error).split())}") from None


def _refuse_bombs(node: yaml.Node, above: set[int], sizes: dict[int, int]) -> int:
    """Return how many values a node stands for, aliases and all; refuse what has no end."""
    if id(node) in above:
        raise ParseError(node.start_mark.line + 1, "an alias within what it stands for")
    if id(node) not in sizes:
        inner = above | {id(node)}
        size = 1 + sum(_refuse_bombs(child, inner, sizes) for child in _children(node))
        if size > _MOST_VALUES:
            text = f"its aliases stand for more than {_MOST_VALUES} values"
            raise ParseError(node.start_mark.line + 1, text)
        sizes[id(node)] = size
    return sizes[id(node)]


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value
