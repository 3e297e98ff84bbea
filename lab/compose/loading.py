"""Reads the files of a lab to one tree: variables set, `extends` and `include` followed, merged.

In Compose's order. Relative paths are from the folder of the first file; what comes from another
folder has had its paths made absolute.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.compose import dotenv, paths
from lab.compose.extends import extended
from lab.compose.merge import merged, without_tags
from lab.compose.nodes import Node
from lab.compose.reader import Reader, check_readable
from lab.errors import TopologyError, VariableError

_MOST_INCLUDING = 50  # files, each of which includes the next
_INCLUDED = ("services", "networks", "volumes", "configs", "secrets")


def load(
    files: Sequence[Path],
    environment: Mapping[str, str],
    folder: Path | None = None,
    seen: tuple[Path, ...] = (),
    reader: Reader | None = None,
) -> Node:
    """Return the tree of these files, the later ones over the earlier.

    `folder` is where paths are from, else the first file's; `seen` are the files that include
    them, which `reader` has read. TopologyError, with PATH or PATH:LINE, when they cannot be read.
    """
    reader = reader or Reader()
    here = files[0].resolve().parent if folder is None else folder
    found: Node | None = None
    for path in files:
        tree = reader.read(path, environment)
        if isinstance(tree.value, dict):
            tree = extended(tree, here, lambda other: reader.read(other, environment))
            tree = _with_included(tree, here, environment, (*seen, path.resolve()), reader)
        if found is None:
            found = without_tags(tree) if tree.has_tags() else tree
        elif isinstance(tree.value, dict) and isinstance(found.value, dict):
            found = merged(found, tree)
        else:
            text = f"{tree.path}:{tree.line}: the file is not a mapping of keys"
            raise TopologyError(text)
    assert found is not None
    return found


def _with_included(
    tree: Node,
    folder: Path,
    environment: Mapping[str, str],
    seen: tuple[Path, ...],
    reader: Reader,
) -> Node:
    """Return a file's tree with what it includes."""
    entries = tree.get("include")
    if entries is None:
        return tree
    if not isinstance(entries.value, list):
        raise _wrong(entries, "include must be a list of paths")
    if len(seen) > _MOST_INCLUDING:
        raise _wrong(entries, f"include goes more than {_MOST_INCLUDING} files deep")
    found = {key: one for key, one in tree.value.items() if key != "include"}
    for entry in entries.value:
        other = _included(entry, folder, environment, seen, reader)
        for kind in _INCLUDED:
            if (theirs := other.get(kind)) and isinstance(theirs.value, dict):
                ours = found.get(kind)
                found[kind] = _joined(kind, ours, theirs)
    return tree.with_value(found)


def _joined(kind: str, ours: Node | None, theirs: Node) -> Node:
    if ours is None or not isinstance(ours.value, dict):
        return theirs
    for name, entry in theirs.value.items():
        if name in ours.value and ours.value[name].plain() != entry.plain():
            where = ours.value[name]
            text = f"{kind}.{name} is in the included {entry.path}:{entry.line}, too"
            raise _wrong(where, f"{text}; rename one, or override it in compose.override.yaml")
    return ours.with_value({**theirs.value, **ours.value})


def _included(
    entry: Node,
    folder: Path,
    environment: Mapping[str, str],
    seen: tuple[Path, ...],
    reader: Reader,
) -> Node:
    """Return the tree of what one entry of `include` names, its paths absolute."""
    if isinstance(entry.value, str):
        entry = entry.with_value({"path": entry})
    files = [folder / one for one in _strings(entry, "path")]
    if not files:
        raise _wrong(entry, "include needs a path")
    for path in files:
        if path.resolve() in seen:
            raise _wrong(entry, f"include goes in a circle: {path.name} includes itself")
        check_readable(path, entry)
    own = _strings(entry, "project_directory")
    theirs = folder / own[0] if own else files[0].resolve().parent
    settings: dict[str, str] = {}
    for file in _strings(entry, "env_file") or [str(theirs / ".env")]:
        try:
            settings.update(dotenv.read(folder / file, {**settings, **environment}))
        except VariableError as error:
            raise TopologyError(str(error)) from error
    tree = load(files, {**settings, **environment}, theirs, seen, reader)
    return paths.absolute(tree, theirs)


def _strings(entry: Node, key: str) -> list[str]:
    found = entry.get(key)
    if found is None:
        return []
    listed = found.value if isinstance(found.value, list) else [found]
    if not all(isinstance(one.value, str) for one in listed):
        raise _wrong(found, f"include.{key} must be a path")
    return [one.value for one in listed]


def _wrong(node: Node, text: str) -> TopologyError:
    return TopologyError(f"{node.path}:{node.line}: {text}")
