"""The pages that are checked in: small, whole, and silent about the machine that made them."""

import re
from pathlib import Path

import pytest

GALLERY = Path(__file__).parents[4] / "docs" / "gallery"
PAGES = sorted(GALLERY.glob("*.html"))


def test_there_are_some() -> None:
    assert len(PAGES) >= 6
    assert (GALLERY / "page.png").stat().st_size < 200_000


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page_is_small_and_names_no_machine(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(text) < 150_000
    assert not re.findall(r"/(?:root|home|work|tmp|Users)/", text)
    assert not re.findall(r"Linux \d[\d.]*[^\d.<]", text)


def test_overview_links_to_every_page() -> None:
    text = (GALLERY / "index.html").read_text(encoding="utf-8")
    linked = set(re.findall(r'href="([^"#:]+\.html)"', text))
    assert linked == {page.name for page in PAGES} - {"index.html"}
