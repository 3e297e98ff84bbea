"""YAML as Compose reads it, for compose files and for scenarios.

Where something is wrong the person gets its line. What the keys mean is not known here.
"""

import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from lab import regular_file
from lab.compose import yaml_limits
from lab.errors import IrregularFileError, LargeFileError, ParseError, TopologyError

# As with Compose: a file of this name is `./-`, with its folder.
STANDARD_INPUT = Path("-")


class Loader(yaml.CSafeLoader):
    """YAML as Compose reads it: version 1.2, where `on` and `12:30` are strings, and so are dates.

    PyYAML's own is 1.1, for which they are true and a number of seconds.
    """


_TAG = "tag:yaml.org,2002:"
_DROPPED = {_TAG + kind for kind in ("bool", "int", "float", "timestamp", "value")}
Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _DROPPED]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_EXPONENT = r"[eE][-+]?\d+"
for _kind, _pattern, _first in (
    ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(?:\d|[1-9][\d_]*|0x[\dA-Fa-f]+|0o?[0-7]+|0b[01]+)", "-+0123456789"),
    ("float", rf"[-+]?(?:\d[\d_]*\.?|\d[\d_]*\.\d+|\.\d+){_EXPONENT}", "-+.0123456789"),
    ("float", r"[-+]?(?:\d[\d_]*\.\d*|\.\d+|\.inf|\.Inf|\.INF)|\.nan|\.NaN", "-+.0123456789"),
):
    Loader.add_implicit_resolver(_TAG + _kind, re.compile(f"(?:{_pattern})$"), list(_first))


def _untagged(loader: Loader, node: yaml.Node) -> Any:
    """Return the value that Compose's `!override` and `!reset` stand before."""
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return None if not node.value or node.value == "null" else node.value


for _tag in ("!override", "!reset"):
    Loader.add_constructor(_tag, _untagged)


def _text_of(path: Path) -> str:
    if path == STANDARD_INPUT:
        return standard_input()
    return regular_file.read_text(path, yaml_limits.MOST_BYTES)


@cache  # it comes once, and is asked for more than once
def standard_input() -> str:
    """Return the text of standard input; errors as of `regular_file.read_text`."""
    data = sys.stdin.buffer.read(yaml_limits.MOST_BYTES + 1)
    if len(data) > yaml_limits.MOST_BYTES:
        raise LargeFileError(STANDARD_INPUT, yaml_limits.MOST_BYTES)
    return regular_file.text_of(data)


def parse(path: Path) -> yaml.Node | None:
    """Return the YAML nodes of a compose file, None if it is empty.

    TopologyError when it is no YAML, or has a key twice in one mapping.
    """
    try:
        return parse_text(_text_of(path))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "is not UTF-8 text"
        remedy = "name another compose file with --file"
        if isinstance(error, IrregularFileError) and error.kind == "a FIFO":
            remedy += ", or - for standard input"
        text = f"{path}: {why}; {remedy}"
        raise TopologyError(text) from error
    except ParseError as error:
        raise topology_error(path, error) from error


def parse_text(text: str) -> yaml.Node | None:
    """Return the YAML nodes of a text, None if it is empty.

    ParseError when it is no YAML, has a key twice in one mapping, or is too large: `yaml_limits`.
    """
    try:
        yaml_limits.check(yaml.parse(text, Loader=Loader))
        node: yaml.Node | None = yaml.compose(text, Loader=Loader)
    except (yaml.YAMLError, RecursionError) as error:
        raise not_yaml(error) from error
    _refuse_repeated_keys(node)
    return node


def topology_error(path: Path, error: ParseError) -> TopologyError:
    """Return what is wrong in a line as what is wrong with a compose file."""
    line = "" if error.line is None else f":{error.line}"
    return TopologyError(f"{path}{line}: {error}")


def not_yaml(error: Exception) -> ParseError:
    """Return why a text is no YAML, in one line; a mark of the error is the place in it."""
    if not isinstance(error, yaml.MarkedYAMLError):
        why = " ".join(str(error).split()) or type(error).__name__
        return ParseError(None, f"not YAML: {why}")
    mark, began = error.problem_mark, error.context_mark
    context = f" {error.context}, begun in line {began.line + 1}" if began else ""
    return ParseError(mark.line + 1 if mark else None, f"not YAML: {error.problem}{context}")


def _refuse_repeated_keys(root: yaml.Node | None) -> None:
    """PyYAML lets the last one count; a person seldom means that, and Compose refuses it."""
    left, seen = [root], set()
    while left:
        node = left.pop()
        if id(node) in seen:  # an anchor's, met by its aliases
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            left += node.value
        elif isinstance(node, yaml.MappingNode):
            first: dict[str, int] = {}
            for key, value in node.value:
                left.append(value)
                if not isinstance(key, yaml.ScalarNode):
                    continue
                line = key.start_mark.line + 1
                if key.value in first:
                    text = f"{key.value} is there already, in line {first[key.value]}; keep one"
                    raise ParseError(line, text)
                first[key.value] = line
