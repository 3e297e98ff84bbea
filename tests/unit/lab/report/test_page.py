"""The page as a text: what must be in it, and what must never be."""

import json
import re
from pathlib import Path

import pytest

from lab import report
from lab.errors import EvidenceError
from tests import made_evidence as made


def page(folder: Path) -> str:
    return report.write(folder).read_text(encoding="utf-8")


def test_page_says_what_happened(tmp_path: Path) -> None:
    text = page(made.write(tmp_path / "made" / "001"))
    waits = "client: recv did not return: it was still waiting when the lab stopped looking"
    assert f"{waits}, after 1.000 s, as expected." in text
    assert "lab run made.yaml --seed 7 --engine namespaces" in text
    assert "A title of &lt;b&gt;one&#39;s&lt;/b&gt; own" in text


def test_markup_in_evidence_is_text(tmp_path: Path) -> None:
    evil = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>"
    events = made.half_open(message=evil)
    events.insert(4, made.program(2, [evil], began_ms=1, output=evil))
    text = page(made.write(tmp_path, events))
    assert "<script>document" not in text
    assert "<img" not in text
    assert text.count("<script") == 2  # the data, and the page's own
    data = re.search(r'id="data">(.*?)</script>', text, re.DOTALL)
    assert data
    assert json.loads(data[1])["details"]["l0"][0] == ["Syslog line", evil]


def test_page_asks_for_nothing(tmp_path: Path) -> None:
    text = page(made.write(tmp_path))
    assert not re.search(r'(src|href)="(?!#|data:)', text)
    assert "http" not in re.sub(r"http-equiv|http://www\.w3\.org/2000/svg", "", text)


def test_page_goes_where_it_is_told(tmp_path: Path) -> None:
    folder = made.write(tmp_path / "run")
    assert report.write(folder) == folder / "report.html"
    assert report.write(folder, tmp_path / "x.html") == tmp_path / "x.html"
    assert (tmp_path / "x.html").exists()


def test_folder_without_evidence_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="no evidence of a run: neither events"):
        report.write(tmp_path)
    assert not list(tmp_path.iterdir())
