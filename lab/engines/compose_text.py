"""The compose file as text: reading it, and finding the line of a place in it.

Both engines read compose files; where one complains, the person gets PATH:LINE.
"""

from collections.abc import Sequence
from pathlib import Path

import yaml

from lab.errors import TopologyError


def parse(path: Path) -> yaml.Node | None:
    """Return the file's YAML nodes, None if it is empty; TopologyError when it is no YAML."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "is not UTF-8 text"
        text = f"{path}: {why}; name another compose file with --file"
        raise TopologyError(text) from error
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=yaml.CSafeLoader)
    except (yaml.reader.ReaderError, RecursionError) as error:
        text = f"{path}: not YAML: {' '.join(str(error).split())}"
        raise TopologyError(text) from error
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        began = (
            f" {error.context}, begun in line {error.context_mark.line + 1}"
            if error.context_mark
            else ""
        )
        text = f"{path}{line}: not YAML: {error.problem}{began}"
        raise TopologyError(text) from error
    return node


def line_of(node: yaml.Node | None, keys: Sequence[str]) -> int:
    """Return the line of the deepest of the keys that is there; merged keys stand elsewhere."""
    if node is None:
        return 1
    line = node.start_mark.line + 1
    for wanted in keys:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        for key, value in pairs:
            if key.value == wanted:
                line, node = key.start_mark.line + 1, value
                break
        else:
            break
    return line
