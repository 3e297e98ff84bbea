"""The modules of a package, found by the names of their files; no registration."""

import os
from collections.abc import Iterable


def names(folders: Iterable[str]) -> tuple[str, ...]:
    """Return the names of those in a package's folders (its `__path__`), but of private ones."""
    # Not pkgutil, which loads much; and processes of the agent are to be there at once.
    files = sorted(file for folder in folders for file in os.listdir(folder))  # noqa: PTH208 - pathlib loads much, too
    return tuple(file[:-3] for file in files if file.endswith(".py") and file[0] != "_")
