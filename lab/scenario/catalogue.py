"""The shipped scenarios: one YAML file each, by topic; found by path, no registration."""

import difflib
from collections.abc import Sequence
from pathlib import Path

from lab.errors import UsageError

ROOT = Path(__file__).parents[1] / "catalogue"
_ENDINGS = {".yaml", ".yml"}


def paths(topic: str = "*") -> list[Path]:
    """Return all files, or those of a topic, by topic and name."""
    return sorted(ROOT.glob(f"{topic}/*.yaml"))


def topics() -> list[str]:
    """Return the names of the topics."""
    return sorted({path.parent.name for path in paths()})


def find(name: str) -> Path:
    """Return the file of a name, or of a path to any file.

    UsageError, with what was perhaps meant, when there is neither.
    """
    path = Path(name)
    if path.suffix in _ENDINGS:
        return path
    by_name = {path.stem: path for path in paths()}
    if name in by_name:
        return by_name[name]
    near = difflib.get_close_matches(name, [*by_name, *topics()], n=3, cutoff=0.7)
    hint = f"did you mean {' or '.join(near)}?" if near else "lab list shows those there are"
    text = f"scenario {name!r}: neither a file nor one of the catalogue; {hint}"
    raise UsageError(text)


def chosen(names: Sequence[str]) -> list[Path]:
    """Return the files of names, topics, paths and folders, each once; none given: the catalogue.

    UsageError when a name stands for nothing.
    """
    if not names:
        return paths()
    found = [path for name in names for path in _of(name)]
    return list(dict.fromkeys(found))


def _of(name: str) -> list[Path]:
    if name.rstrip("/") in topics():
        return paths(name.rstrip("/"))
    folder = Path(name)
    if not folder.is_dir():
        return [find(name)]
    there = sorted(path for path in folder.iterdir() if path.suffix in _ENDINGS)
    if not there:
        text = f"{name}: no scenario (*.yaml) is in this folder"
        raise UsageError(text)
    return there
