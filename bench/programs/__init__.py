"""What runs on the hosts. Standard library (or a shell) only; never imported, only sent there."""

from pathlib import Path


def source(name: str) -> str:
    """Return the text of a program of this folder, to be given to `python3 -c` or `sh -c`."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
