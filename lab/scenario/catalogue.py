"""The shipped scenarios: one YAML file each, by topic; found by path, no registration."""

import difflib
import re
from collections.abc import Sequence
from pathlib import Path

from lab import regular_file, suggestions
from lab.compose import yaml_limits
from lab.errors import UsageError
from lab.scenario import search

ROOT = Path(__file__).parents[1] / "catalogue"
_MOST_LISTED = 5
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
    found = _named(name)
    if len(found) > 1:
        text = f"scenario {name!r}: {len(found)} reproduce it; choose one: lab list {name}"
        raise UsageError(text)
    return found[0]


def _named(name: str) -> list[Path]:
    path = Path(name)
    if path.suffix in _ENDINGS:
        return [path]
    by_name = {path.stem: path for path in paths()}
    topic, _, stem = name.rpartition("/")
    if stem in by_name and topic in {"", by_name[stem].parent.name}:
        return [by_name[stem]]
    if reproducing := [path for path in paths() if search.reproduces(path, name)]:
        return reproducing
    about = [path.stem for path in paths() if search.is_about(path, name)]
    if about:
        listed = ", ".join(about[:_MOST_LISTED]) + (", ..." if len(about) > _MOST_LISTED else "")
        text = f"scenario {name!r}: none has this name; {len(about)} are about it: {listed}"
        raise UsageError(text)
    near = difflib.get_close_matches(stem or name, _known(), n=3, cutoff=0.7)
    hint = f"did you mean {' or '.join(near)}?" if near else "lab list shows those there are"
    text = f"scenario {name!r}: neither a file nor one of the catalogue; {hint}"
    raise UsageError(text)


def _known() -> list[str]:
    return [*(path.stem for path in paths()), *topics(), *search.errors(paths())]


def chosen(names: Sequence[str]) -> list[Path]:
    """Return the files of names, topics, errors, paths and folders, each once; none: the catalogue.

    Of a folder that is every YAML file that does not look like a compose file.
    UsageError when a name stands for nothing.
    """
    if not names:
        return paths()
    found = [path for name in names for path in _of(name)]
    return list(dict.fromkeys(found))


def searched(words: Sequence[str]) -> list[Path]:
    """Return what `chosen` would, and for any other word the scenarios that it is about.

    A word may stand in a name, topic, title, in what a scenario `shows`, or be an error that it
    reproduces. UsageError when a word is about nothing.
    """
    found: list[Path] = []
    for word in words:
        try:
            found += chosen([word])
        except UsageError:
            about = [path for path in paths() if search.is_about(path, word)]
            if not about and "/" not in word and Path(word).suffix not in _ENDINGS:
                text = f"{word}: no scenario of the catalogue has this name, error or word"
                raise UsageError(text + suggestions.near(word, _known())) from None
            if not about:
                raise
            found += about
    return list(dict.fromkeys(found)) if words else paths()


def _of(name: str) -> list[Path]:
    if name.rstrip("/") in topics():
        return paths(name.rstrip("/"))
    folder = Path(name)
    if not folder.is_dir():
        return _named(name)
    there = sorted(path for path in folder.iterdir() if _may_be_scenario(path))
    if not there:
        text = f"{name}: no scenario (*.yaml) is in this folder"
        raise UsageError(text)
    return there


def _may_be_scenario(path: Path) -> bool:
    if path.suffix not in _ENDINGS or not path.is_file():
        return False
    try:
        text = regular_file.read_text(path, yaml_limits.MOST_BYTES, errors="replace")
    except OSError:  # who reads it says why it cannot be
        return True
    return is_of_scenario(text) or not is_of_compose(text)


def is_of_scenario(text: str) -> bool:
    """Tell whether a YAML file's text looks like a scenario's."""
    return bool(_OF_SCENARIO.search(text))


def is_of_compose(text: str) -> bool:
    """Tell whether a YAML file's text looks like a compose file's."""
    return bool(_OF_COMPOSE.search(text))
