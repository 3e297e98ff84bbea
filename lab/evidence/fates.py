"""What the capture says became of a packet, without what the lab did for itself. Pure."""

import re
from collections.abc import Container

_OBSERVED = re.compile(r"observed by fault (\S+) \(observe\b")


def without_own(fate: str, named: Container[str]) -> str:
    """Return a fate without the faults that the lab has set to count packets: no step has them.

    `named` are the ids of the faults that somebody asked for.
    """
    what, _, rest = fate.partition(": ")
    notes = [
        note
        for note in rest.split("; ")
        if note and not ((found := _OBSERVED.match(note)) and found[1] not in named)
    ]
    return ": ".join([what, "; ".join(notes)]) if notes else what
