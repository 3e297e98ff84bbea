"""Files that add to the lab without standing in its packages: each is one file.

A verb and a subject of scenarios, an impairment, a socket call.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from lab.agent import calls
from lab.agent.wire import impairments
from lab.scenario import conditions, steps

HERE = Path(__file__).parent
PACKAGES: dict[ModuleType, Path] = {
    one: HERE / one.__name__.rpartition(".")[2] for one in (steps, conditions, impairments, calls)
}


@contextmanager
def added() -> Iterator[None]:
    """Let the lab's packages have these files, too."""
    for package, folder in PACKAGES.items():
        package.__path__.append(str(folder))
    calls.table.cache_clear()
    try:
        yield
    finally:
        for package, folder in PACKAGES.items():
            package.__path__.remove(str(folder))
            for file in folder.glob("*.py"):
                sys.modules.pop(f"{package.__name__}.{file.stem}", None)
        calls.table.cache_clear()
