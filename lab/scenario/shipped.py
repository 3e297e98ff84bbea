"""Where the shipped machines are: their compose file, with what they run beside it.

In a checkout they are at its root, where `docker compose up` finds them; an installed package has
them in itself.
"""

from pathlib import Path

WORD = "shipped"
_PACKAGE = Path(__file__).parents[1]
_PATHS = (_PACKAGE / "machines" / "compose.yaml", _PACKAGE.parent / "compose.yaml")


def compose_file() -> Path:
    """Return the compose file."""
    return _PATHS[0] if _PATHS[0].exists() else _PATHS[1]
