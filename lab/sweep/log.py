"""The runs of a sweep on disk, as they end: one line of JSON each, so that a sweep can go on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from lab.errors import UsageError
from lab.sweep.faults import Fault
from lab.sweep.observed import Observed

FILE = "trials.jsonl"
_FORMAT = 1


class TrialLog:
    """The runs of one sweep, by their phase, their fault and their number in it."""

    def __init__(self, folder: Path, subject: str, *, on_damage: Callable[[str], None]) -> None:
        """Open it, or go on with one; UsageError when it is of another subject.

        `subject` is the text that tells one subject from another. What cannot be read is run again.
        """
        self._found: dict[tuple[str, str, int], Observed] = {}
        file = folder / FILE
        head = {"format": _FORMAT, "subject": subject}
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        if lines and lines[0] != json.dumps(head):
            text = f"{file}: is of another scenario, or of other programs; begin a new sweep"
            raise UsageError(text)
        for line in lines[1:]:
            self._read(line, on_damage)
        self._out: IO[str] = file.open("a", encoding="utf-8")
        if lines:
            self._out.write("\n")  # the last line may have no end
        else:
            self._write(head)

    def _read(self, line: str, on_damage: Callable[[str], None]) -> None:
        if not line:
            return
        try:
            found = json.loads(line)
            key = str(found["phase"]), str(found["fault"]), int(found["number"])
            self._found[key] = Observed.from_json(found["observed"])
        except (ValueError, KeyError, TypeError) as error:  # the last, when it was ended
            on_damage(f"a line of {FILE} cannot be read ({error}); that run is made again")

    def get(self, phase: str, fault: Fault | None, number: int) -> Observed | None:
        """Return what is known of a run; None: nothing."""
        return self._found.get(_key(phase, fault, number))

    def add(self, phase: str, fault: Fault | None, number: int, observed: Observed) -> None:
        """Write a run."""
        _, name, at = _key(phase, fault, number)
        self._write({"phase": phase, "fault": name, "number": at, "observed": observed.to_json()})

    def _write(self, value: Any) -> None:
        self._out.write(json.dumps(value) + "\n")
        self._out.flush()

    def close(self) -> None:
        """Close the file."""
        self._out.close()


def _key(phase: str, fault: Fault | None, number: int) -> tuple[str, str, int]:
    # A fault is tried once; clean runs and confirmations are several.
    repeated = phase in {"clean", "confirm"}
    return phase, "" if fault is None else fault.key, number if repeated else 0
