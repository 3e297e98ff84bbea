"""Evidence with a byte changed, or cut anywhere: there is a verdict or a refusal, nothing else."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.errors import EvidenceError
from lab.evidence import event_file, folders
from lab.evidence.verdict import Verdict
from lab.runner import run
from tests import made_evidence as made
from tests.made_many_kinds import CAPTURE, EVENTS, FILES, SCENARIO


def written(folder: Path, **changed: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in FILES.items():
        (folder / name).write_bytes(changed.get(name, data))
    return folder


def test_whole_evidence_passes(tmp_path: Path) -> None:
    outcome = run.verify(written(tmp_path / "run"))
    assert [one for one in outcome.judgements if one.verdict is not Verdict.PASS] == []


@settings(deadline=None)  # it writes files, on a machine that may be busy
@given(st.data())
def test_damage_is_a_verdict_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(FILES)))
    whole = FILES[name]
    at = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        damaged = whole[:at]
    else:
        bits = data.draw(st.integers(1, 255))
        damaged = whole[:at] + bytes([whole[at] ^ bits]) + whole[at + 1 :]
    folder = written(tmp_path_factory.getbasetemp() / "damaged", **{name: damaged})
    with contextlib.suppress(EvidenceError):
        assert run.verify(folder).verdict in Verdict


OTHERS: tuple[Any, ...] = (None, 7, "text", [], {}, [None])


@settings(deadline=None)  # it writes files, on a machine that may be busy
@given(st.data())
def test_fields_that_are_missing_or_of_another_kind_are_a_verdict_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    listed: list[dict[str, Any]] = [dict(one) for one in EVENTS]
    event = data.draw(st.sampled_from(listed))
    key = data.draw(st.sampled_from(sorted(event)))
    if data.draw(st.booleans()):
        del event[key]
    else:
        event[key] = data.draw(st.sampled_from(OTHERS))
    lines = made.event_lines(listed, CAPTURE, SCENARIO)
    folder = written(tmp_path_factory.getbasetemp() / "changed", **{event_file.FILE: lines})
    with contextlib.suppress(EvidenceError):
        assert run.verify(folder).verdict in Verdict


def test_a_capture_that_is_a_folder_is_unknown(tmp_path: Path) -> None:
    folder = written(tmp_path / "run")
    (folder / folders.CAPTURE).unlink()
    (folder / folders.CAPTURE).mkdir()
    assert run.verify(folder).verdict is Verdict.UNKNOWN
