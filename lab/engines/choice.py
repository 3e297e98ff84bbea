"""Which engine: the one asked for, or the one that works here. The one list of engines.

An engine is loaded only when it is used: Docker's SDK takes longer to load than a small lab to
come up.
"""

import importlib
import os
import socket
from collections.abc import Iterable, Iterator

from lab.api.engine import Engine

COMPOSE = "compose"
NAMESPACES = "namespaces"
_CLASSES = {
    COMPOSE: ("lab.engines.compose.engine", "ComposeEngine"),
    NAMESPACES: ("lab.engines.namespaces.engine", "NamespacesEngine"),
}
NAMES = tuple(_CLASSES)
_SOCKET = "/var/run/docker.sock"


def load(name: str) -> Engine:
    """Return the engine of that name."""
    module, class_name = _CLASSES[name]
    engine: Engine = getattr(importlib.import_module(module), class_name)()
    return engine


def docker_answers() -> bool:
    """Tell whether something accepts connections where a Docker Engine should be."""
    where = os.environ.get("DOCKER_HOST") or f"unix://{_SOCKET}"
    if not where.startswith("unix://"):
        return True  # somewhere else: that it is configured must do
    with socket.socket(socket.AF_UNIX) as sock:
        try:
            sock.connect(where.removeprefix("unix://"))
        except OSError:
            return False
    return True


def choose(name: str | None) -> tuple[Engine, str]:
    """Return the engine of that name; or, if None, the one to use here and a line that says why."""
    if name is not None:
        return load(name), ""
    if docker_answers():
        return load(COMPOSE), ""
    why = "no Docker Engine answers, so hosts are namespaces (--engine namespaces)"
    return load(NAMESPACES), why


class Usable(Iterable[Engine]):
    """The engines that can have labs here now, the quick one first, each loaded in its turn."""

    def __iter__(self) -> Iterator[Engine]:
        yield load(NAMESPACES)
        if docker_answers():
            yield load(COMPOSE)
