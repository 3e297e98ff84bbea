"""A service that is based on another one, of its own file or of another: `extends`.

As the Compose Specification says: what the service has itself is merged over what its base has.
"""

from collections.abc import Callable
from pathlib import Path

from lab.compose import paths
from lab.compose.merge import formed, merged, without_tags
from lab.compose.nodes import Node
from lab.compose.reader import check_readable
from lab.errors import TopologyError
from lab.suggestions import meant

_MOST_EXTENDING = 50
Read = Callable[[Path], Node]


def extended(file: Node, folder: Path, read: Read) -> Node:
    """Return a file's tree in which every service has what it takes from its base.

    `folder` is where its paths are from; `read` gives the tree of another file. TopologyError, with
    PATH:LINE, when a base is not there, or goes in a circle.
    """
    services = file.get("services")
    if services is None or not isinstance(services.value, dict):
        return file
    if not any(one.get("extends") for one in services.value.values()):
        return file
    of_file = _OfFile(file, folder, read)
    found = {name: of_file.service(str(name), ()) for name in services.value}
    return file.with_value({**file.value, "services": services.with_value(found)})


class _OfFile:
    """The services of one file."""

    def __init__(self, file: Node, folder: Path, read: Read) -> None:
        self._services = file.get("services")
        self._path = file.path
        self._folder = folder
        self._read = read

    def service(self, name: str, seen: tuple[tuple[Path, str], ...]) -> Node:
        assert self._services is not None
        node: Node = self._services.value[name]
        extends = node.get("extends")
        if extends is None:
            return node
        here = (self._path.resolve(), name)
        if len(seen) == _MOST_EXTENDING:
            raise _wrong(extends, f"extends goes more than {_MOST_EXTENDING} services deep")
        if here in seen:
            circle = " -> ".join(each for _, each in (*seen, here))
            raise _wrong(extends, f"extends goes in a circle: {circle}")
        base_name, other = _named(extends)
        where = self
        if other is not None:
            path = self._folder / other
            check_readable(path, extends)
            tree = self._read(path)
            where = _OfFile(tree, path.parent, self._read)
        if where._services is None or base_name not in where._services.value:
            known = where._services.value if where._services else ()
            text = f"extends {base_name}, which is no service of {where._path.name}"
            raise _wrong(extends, f"{text}{meant(base_name, map(str, known))}")
        base = where.service(base_name, (*seen, here))
        if other is not None:
            base = paths.of_service(base, where._folder)
        keys = ("services", name)
        own = {key: one for key, one in node.value.items() if key != "extends"}
        if not isinstance(base.value, dict):
            return node.with_value(own)
        both = merged(_formed(base, keys), node.with_value(own), keys)
        return Node(both.value, node.path, node.line)


def _formed(service: Node, keys: tuple[str, ...]) -> Node:
    entries = {k: formed(one, (*keys, str(k))) for k, one in service.value.items()}
    return without_tags(service.with_value(entries))


def _named(extends: Node) -> tuple[str, str | None]:
    """Return the service and the file that an `extends` names."""
    if isinstance(extends.value, str):
        return extends.value, None
    service, file = extends.get("service"), extends.get("file")
    if service is None or not isinstance(service.value, str):
        raise _wrong(extends, "extends needs the service that it extends")
    if file is not None and not isinstance(file.value, str):
        raise _wrong(file, "extends.file must be a string")
    return service.value, file.value if file else None


def _wrong(node: Node, text: str) -> TopologyError:
    return TopologyError(f"{node.path}:{node.line}: {text}")
