"""Files that add a verb and a subject to scenarios without standing in the lab's packages."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from lab.scenario import conditions, steps

HERE = Path(__file__).parent


@contextmanager
def added() -> Iterator[None]:
    """Let the packages of verbs and subjects have these files, too."""
    packages: dict[ModuleType, Path] = {steps: HERE / "steps", conditions: HERE / "conditions"}
    for package, folder in packages.items():
        package.__path__.append(str(folder))
    try:
        yield
    finally:
        for package, folder in packages.items():
            package.__path__.remove(str(folder))
            for file in folder.glob("*.py"):
                sys.modules.pop(f"{package.__name__}.{file.stem}", None)
