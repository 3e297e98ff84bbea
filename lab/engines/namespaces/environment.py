"""The environment of a lab's own processes: nothing of what the person who starts it has there.

Programs on a host may find a process that has it, in /proc; and it may hold secrets.
"""

import os

from lab.engines.namespaces import MARK

# Where programs and libraries of this machine are, those of Python among them.
_PLACES = ("PATH", "LD_LIBRARY_PATH")


def of_lab(name: str) -> dict[str, str]:
    """Return it: where to look for programs, and which lab it is; also what else is named so."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if key in _PLACES or key.startswith(f"{MARK}_")
    }
    return {**kept, MARK: name}
