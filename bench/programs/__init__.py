"""What runs elsewhere: on the hosts, or on the system's Python. Never imported, only sent there.

Standard library (or a shell) only, but for what is measured itself.
"""

from pathlib import Path


def source(name: str) -> str:
    """Return the text of a program of this folder, to be given to `python3 -c` or `sh -c`."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
