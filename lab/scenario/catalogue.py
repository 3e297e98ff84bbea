"""The shipped scenarios: one YAML file each, by topic; found by path, no registration."""

import difflib
from pathlib import Path

from lab.errors import UsageError

ROOT = Path(__file__).parents[1] / "catalogue"


def paths() -> list[Path]:
    """Return all files, by topic and name."""
    return sorted(ROOT.glob("*/*.yaml"))


def find(name: str) -> Path:
    """Return the file of a name, or of a path to any file.

    UsageError, with what was perhaps meant, when there is neither.
    """
    path = Path(name)
    if path.suffix in {".yaml", ".yml"}:
        return path
    by_name = {path.stem: path for path in paths()}
    if name in by_name:
        return by_name[name]
    near = difflib.get_close_matches(name, by_name, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "lab list shows those there are"
    text = f"scenario {name!r}: neither a file nor one of the catalogue; {hint}"
    raise UsageError(text)
