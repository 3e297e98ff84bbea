"""The pages for contributors name files and folders that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("CONTRIBUTING.md", "docs/architecture.md")
# `lab/net/`, `net/packet.py`, `tests/unit/test_x.py`: at the top, or in lab/.
_PATH = re.compile(r"`((?:[\w.-]+/)+(?:[\w.-]+\.(?:py|md|yaml))?)`")


def paths(page: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return sorted(set(_PATH.findall(text)))


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    assert paths(page)
    missing = [
        path
        for path in paths(page)
        if not (ROOT / path).exists() and not (ROOT / "lab" / path).exists()
    ]
    assert missing == []
