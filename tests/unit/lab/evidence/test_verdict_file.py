"""The file verdict.json: what is written is read, what is damaged is refused."""

from pathlib import Path

import pytest

from lab.errors import EvidenceError
from lab.evidence import folders, verdict_file
from lab.evidence.verdict import Judgement, Verdict
from lab.evidence.verdict_file import RecordedVerdict
from lab.runner.run import Outcome

JUDGEMENT = Judgement(7, "client: recv(c)", "returns", "has not returned", Verdict.FAIL, 3)
FORMAT_1 = Path(__file__).parents[3] / "data" / "format-1"


def outcome(folder: Path) -> Outcome:
    return Outcome(
        folder=folder,
        scenario="made",
        engine="namespaces",
        seed=7,
        verdict=Verdict.FAIL,
        judgements=(JUDGEMENT,),
        took_s=1.5,
        file="made.yaml",
        step=3,
        lacking=("printer: sh is missing",),
    )


def test_a_verdict_is_read_as_it_was_written_but_for_its_folder(tmp_path: Path) -> None:
    verdict_file.write(tmp_path, outcome(tmp_path))
    assert verdict_file.read(tmp_path) == RecordedVerdict(
        scenario="made",
        engine="namespaces",
        seed=7,
        verdict=Verdict.FAIL,
        judgements=(JUDGEMENT,),
        took_s=1.5,
        file="made.yaml",
        step=3,
        lacking=("printer: sh is missing",),
    )


@pytest.mark.parametrize("name", ["many-kinds", "fails", "failed-test"])
def test_those_of_before_are_read(name: str) -> None:
    verdict = verdict_file.read(FORMAT_1 / name)
    assert verdict.verdict is (Verdict.PASS if name == "many-kinds" else Verdict.FAIL)
    assert verdict.judgements


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"verdict": "GOOD"}', '{"verdict": "PASS", "judgements": [7]}']
)
def test_what_is_damaged_is_refused_with_its_path(tmp_path: Path, text: str) -> None:
    (tmp_path / folders.VERDICT).write_text(text, encoding="utf-8")
    with pytest.raises(EvidenceError, match=f"^{tmp_path / folders.VERDICT}: "):
        verdict_file.read(tmp_path)


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="No such file"):
        verdict_file.read(tmp_path)
