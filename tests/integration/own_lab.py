"""A lab for one test."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.api import lifecycle
from lab.api.engine import Engine
from lab.api.lab import Lab
from lab.model import ComposeFiles
from tests.integration.command import TOPOLOGIES
from tests.integration.left import assert_nothing_left, left_of


def quiet(_doing: str, _detail: str) -> None:
    """Take the progress that no test looks at."""


@contextmanager
def own_lab(engine: Engine, topology: str | Path | ComposeFiles) -> Iterator[Lab]:
    """Bring up a lab from files, or one (of `topologies`, if a name); nothing of it is left."""
    named = (
        ComposeFiles((TOPOLOGIES / topology,)) if isinstance(topology, (str, Path)) else topology
    )
    name = f"lab-test-{secrets.token_hex(3)}"
    with engine.guarded(name):
        lab = lifecycle.up(engine, files=named, name=name, build=False, progress=quiet)
        yield lab
        if left_of(name):  # the test may have taken it down
            lab.down(progress=quiet)
    assert_nothing_left(name, 15)
