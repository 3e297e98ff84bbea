"""Finds the classes that the files of a package define; no file is listed anywhere."""

import pkgutil
from importlib import import_module
from typing import Any, TypeGuard, TypeVar

T = TypeVar("T")


def classes(package: str, folders: tuple[str, ...], base: type[T]) -> list[type[T]]:
    """Return the subclasses of `base` that files in these folders define, by file and place in it.

    A class is one only if its own file defines it with the attribute `HELP`; others are there to
    be inherited. `folders` is the package's `__path__`.
    """
    found: list[type[T]] = []
    for module in sorted(pkgutil.iter_modules(folders), key=lambda one: one.name):
        loaded = import_module(f"{package}.{module.name}")
        for value in vars(loaded).values():
            if _is_own(value, loaded.__name__) and issubclass(value, base):
                found.append(value)
    return found


def _is_own(value: Any, module: str) -> TypeGuard[type]:
    return isinstance(value, type) and value.__module__ == module and "HELP" in vars(value)
