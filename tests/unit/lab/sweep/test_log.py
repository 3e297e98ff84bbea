"""A sweep that was ended goes on with what it has."""

from pathlib import Path

import pytest

from lab.errors import UsageError
from lab.sweep.faults import FaultKind, PacketFault
from lab.sweep.log import FILE, TrialLog
from tests.unit.lab.sweep.made import observed, position

FAULT = PacketFault(FaultKind.DROP, position())


def opened(folder: Path, subject: str = "x", notes: list[str] | None = None) -> TrialLog:
    noted = [] if notes is None else notes
    return TrialLog(folder, subject, on_damage=noted.append)


def test_what_was_run_is_there_again(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.add("packets", FAULT, 7, observed())
    log.add("clean", None, 1, observed(acted=0))
    log.close()
    again = opened(tmp_path)
    # A fault is tried once, whatever its number; clean runs are several.
    assert again.get("packets", FAULT, 0) == observed()
    assert again.get("clean", None, 1) == observed(acted=0)
    assert again.get("clean", None, 0) is None
    assert again.get("smaller", FAULT, 0) is None
    again.close()


def test_a_line_that_was_cut_is_run_again(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.add("packets", FAULT, 0, observed())
    log.close()
    text = (tmp_path / FILE).read_text()
    (tmp_path / FILE).write_text(text[:-20])
    notes: list[str] = []
    again = opened(tmp_path, notes=notes)
    assert again.get("packets", FAULT, 0) is None
    assert len(notes) == 1
    # What comes now stands in a line of its own.
    again.add("packets", FAULT, 0, observed())
    again.close()
    assert opened(tmp_path).get("packets", FAULT, 0) == observed()


@pytest.mark.parametrize("text", ['{"format": 1, "subject": "other"}\n', "nonsense\n", "\n"])
def test_that_of_another_subject_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(UsageError, match="is of another scenario, or of other programs"):
        opened(tmp_path)
