"""Which engine: the one asked for, or the one that works here. The one list of engines.

An engine is loaded only when it is used: Docker's SDK takes longer to load than a small lab to
come up.
"""

import importlib
import os
import socket
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from lab.api.engine import Engine
from lab.errors import UnsupportedError

COMPOSE = "compose"
NAMESPACES = "namespaces"
_SOCKET = "/var/run/docker.sock"


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


class _Entry(NamedTuple):
    """Where an engine is defined; whether it can have labs here; and why another is used if not."""

    module: str
    class_name: str
    is_usable: Callable[[], bool] = lambda: True
    why_not: str = ""


# The one to use where nothing is asked for is the first that is usable.
_ENGINES = {
    COMPOSE: _Entry(
        "lab.engines.compose.engine", "ComposeEngine", docker_answers, "no Docker Engine answers"
    ),
    NAMESPACES: _Entry("lab.engines.namespaces.engine", "NamespacesEngine"),
}
NAMES = tuple(_ENGINES)


def load(name: str) -> Engine:
    """Return the engine of that name."""
    entry = _ENGINES[name]
    engine: Engine = getattr(importlib.import_module(entry.module), entry.class_name)()
    return engine


def choose(name: str | None) -> tuple[Engine, str]:
    """Return the engine of that name; or, if None, the one to use here and a line that says why."""
    if name is not None:
        return load(name), ""
    why_not: list[str] = []
    for found, entry in _ENGINES.items():
        if entry.is_usable():
            why = f"{'; '.join(why_not)}, so hosts are {found} (--engine {found})"
            return load(found), why if why_not else ""
        why_not.append(entry.why_not)
    raise UnsupportedError(f"no engine can have a lab here: {'; '.join(why_not)}")


class Usable(Iterable[Engine]):
    """The engines that can have labs here now, the quick one first, each loaded in its turn."""

    def __iter__(self) -> Iterator[Engine]:
        for name in reversed(NAMES):
            if _ENGINES[name].is_usable():
                yield load(name)
