"""Where the machines are that are shipped: their compose file, with what they run beside it.

In a checkout they are at its root, where `docker compose up` finds them; an installed package has
them in itself.
"""

from pathlib import Path

WORD = "shipped"
_PACKAGE = Path(__file__).parents[1]
PLACES = (_PACKAGE / "machines" / "compose.yaml", _PACKAGE.parent / "compose.yaml")


def compose_file() -> Path:
    """Return the compose file."""
    return PLACES[0] if PLACES[0].exists() else PLACES[1]
