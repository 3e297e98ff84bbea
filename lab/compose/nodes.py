"""A YAML file as a tree in which every part knows its file and its line.

So whatever is made of several files (`merge`, `extends`, `include`), a complaint names the place
that a person wrote. No node is ever changed: what is made of others is new.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from lab.compose import yaml_limits
from lab.compose.yaml import Loader, not_yaml, topology_error
from lab.errors import ParseError

# Compose's own tags: take what earlier files have away; put this in its place.
RESET, OVERRIDE = "!reset", "!override"
_STRING = "tag:yaml.org,2002:str"
_PLAIN = {f"tag:yaml.org,2002:{kind}" for kind in ("map", "seq")}
# What PyYAML's constructors let through, of a value that is none of its tag.
_LET_THROUGH = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
Change = Callable[[str, int], str]


class Node(NamedTuple):
    """A part of a file: a mapping of nodes, a list of nodes, or a scalar; and where it stands."""

    value: Any
    path: Path
    line: int
    tag: str = ""

    def with_value(self, value: Any) -> "Node":
        """Return another one of the same place."""
        return Node(value, self.path, self.line, self.tag)

    def get(self, key: str) -> "Node | None":
        """Return the entry of a mapping that is something; None where there is none."""
        found = self.value.get(key) if isinstance(self.value, dict) else None
        return found if isinstance(found, Node) and found.value is not None else None

    def plain(self) -> Any:
        """Return it as mappings, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: entry.plain() for key, entry in self.value.items()}
        if isinstance(self.value, list):
            return [entry.plain() for entry in self.value]
        return self.value

    def has_tags(self) -> bool:
        """Tell whether a part of it has one of Compose's own tags."""
        if self.tag:
            return True
        below = self.value
        entries = below.values() if isinstance(below, dict) else below
        return isinstance(below, (dict, list)) and any(one.has_tags() for one in entries)

    def at(self, keys: Sequence[str | int]) -> "Node":
        """Return the node of the deepest of the keys that is there.

        A number, also as Compose writes it, is the place of an entry in a list, from 0.
        """
        node = self
        for key in keys:
            below = node.value
            if isinstance(below, list) and str(key).isdecimal() and int(key) < len(below):
                node = below[int(key)]
            elif isinstance(below, dict) and key in below:
                node = below[key]
            else:
                break
        return node


def of_file(path: Path, root: yaml.Node | None, change: Change = lambda text, _: text) -> Node:
    """Return the tree of a compose file that was parsed; see `of_nodes`.

    TopologyError when a part cannot be a value.
    """
    try:
        return of_nodes(path, root, change)
    except ParseError as error:
        raise topology_error(path, error) from error


def of_nodes(path: Path, root: yaml.Node | None, change: Change = lambda text, _: text) -> Node:
    """Return the tree of YAML nodes; `change` gets each string in it, with its line.

    ParseError when a part cannot be a value.
    """
    if root is None:
        return Node({}, path, 1)
    loader = Loader("")
    try:
        return _Builder(path, loader, change).node(root, root.start_mark.line + 1)
    except yaml.YAMLError as error:
        raise not_yaml(error) from error
    except RecursionError as error:
        text = "a part of it contains itself; mend its anchors and aliases"
        raise ParseError(None, text) from error
    finally:
        loader.dispose()


class _Builder:
    """Makes the nodes of one file."""

    def __init__(self, path: Path, loader: Loader, change: Change) -> None:
        self._path = path
        self._loader = loader
        self._change = change

    def node(self, of: yaml.Node, line: int) -> Node:
        tag = of.tag if of.tag in {RESET, OVERRIDE} else ""
        if isinstance(of, yaml.ScalarNode):
            return Node(self._scalar(of, line), self._path, line, tag)
        if not tag and of.tag not in _PLAIN:  # a set, say, or what nobody knows
            return Node(self._constructed(of), self._path, line)
        if isinstance(of, yaml.SequenceNode):
            entries = [self.node(entry, entry.start_mark.line + 1) for entry in of.value]
            return Node(entries, self._path, line, tag)
        assert isinstance(of, yaml.MappingNode)
        return Node(dict(self._pairs(of)), self._path, line, tag)

    def _scalar(self, of: yaml.ScalarNode, line: int) -> Any:
        value = of.value if of.tag == _STRING else self._constructed(of)
        return self._change(value, line) if isinstance(value, str) else value

    def _constructed(self, of: yaml.Node) -> Any:
        tag = of.tag.replace("tag:yaml.org,2002:", "!!")
        is_number = tag in {"!!int", "!!float"} and isinstance(of, yaml.ScalarNode)
        if is_number and len(of.value) > yaml_limits.MOST_NUMBER:
            text = f"a number of more than {yaml_limits.MOST_NUMBER} characters; write less"
            raise ParseError(of.start_mark.line + 1, text)
        try:
            return self._loader.construct_object(of, deep=True)
        except _LET_THROUGH as error:
            value = repr(of.value) if isinstance(of, yaml.ScalarNode) else "a mapping or a list"
            text = f"not YAML: {value} is no {tag}"
            raise ParseError(of.start_mark.line + 1, text) from error

    def _pairs(self, of: yaml.MappingNode) -> Iterator[tuple[Any, Node]]:
        self._loader.flatten_mapping(of)
        for key, value in of.value:
            if not isinstance(key, yaml.ScalarNode):
                text = "a key is no word"
                raise yaml.constructor.ConstructorError(None, None, text, key.start_mark)
            name = key.value if key.tag == _STRING else self._constructed(key)
            yield name, self.node(value, key.start_mark.line + 1)
