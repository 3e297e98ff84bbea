"""A lab for one test."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab import runner
from lab.engines.base import Engine, Lab
from tests.integration.command import TOPOLOGIES
from tests.integration.left import assert_nothing_left, left_of


def quiet(_doing: str, _detail: str) -> None:
    """Take the progress that no test looks at."""


@contextmanager
def own_lab(engine: Engine, topology: str | Path) -> Iterator[Lab]:
    """Bring up a lab from a file (of `topologies`, if it is a name); nothing of it is left."""
    name = f"lab-test-{secrets.token_hex(3)}"
    with engine.guarded(name):
        lab = runner.up(engine, file=TOPOLOGIES / topology, name=name, build=False, progress=quiet)
        yield lab
        if left_of(name):  # the test may have taken it down
            lab.down(progress=quiet)
    assert_nothing_left(name, 15)
