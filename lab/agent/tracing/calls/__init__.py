"""The calls that are traced, a file for each kind of them, found by its name; no registration."""

from importlib import import_module

from lab.agent import submodules


def load() -> None:
    """Let every file here declare its calls (`kinds.traced`)."""
    for name in submodules.names(__path__):
        import_module(f"{__name__}.{name}")
