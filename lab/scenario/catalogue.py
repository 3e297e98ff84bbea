"""The shipped scenarios: one YAML file each, by topic; found by path, no registration."""

import difflib
import re
from collections.abc import Sequence
from pathlib import Path

from lab.errors import UsageError

ROOT = Path(__file__).parents[1] / "catalogue"
_ENDINGS = {".yaml", ".yml"}
_OF_SCENARIO = re.compile(r"^(title|shows|steps) *:", re.MULTILINE)
_OF_COMPOSE = re.compile(r"^services *:", re.MULTILINE)


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

    Of a folder that is every YAML file that does not look like a compose file.
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
    there = sorted(path for path in folder.iterdir() if _may_be_scenario(path))
    if not there:
        text = f"{name}: no scenario (*.yaml) is in this folder"
        raise UsageError(text)
    return there


def _may_be_scenario(path: Path) -> bool:
    if path.suffix not in _ENDINGS or not path.is_file():
        return False
    text = path.read_text(encoding="utf-8", errors="replace")
    return is_of_scenario(text) or not is_of_compose(text)


def is_of_scenario(text: str) -> bool:
    """Tell whether a YAML file's text looks like a scenario's."""
    return bool(_OF_SCENARIO.search(text))


def is_of_compose(text: str) -> bool:
    """Tell whether a YAML file's text looks like a compose file's."""
    return bool(_OF_COMPOSE.search(text))
