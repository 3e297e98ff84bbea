"""What hands do with a page: keys, filters, a finger on a small screen, a printer."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from lab.evidence.events import FaultOff, FaultOn
from tests import made_evidence as made
from tests.browser.conftest import Opened
from tests.browser.test_long_runs import stops, transfer


@pytest.fixture
def half_open(opened: Opened, tmp_path: Path) -> Page:
    return opened.show(made.write(tmp_path / "half-open" / "001"))


@pytest.fixture
def small(opened: Opened, tmp_path: Path) -> Page:
    opened.page.set_viewport_size({"width": 390, "height": 780})
    return opened.show(made.write(tmp_path / "half-open" / "001"))


def test_filtering_leaves_a_tab_stop(half_open: Page) -> None:
    half_open.locator("#c0").focus()
    half_open.locator("[name=host][value=server]").uncheck()
    assert len(stops(half_open)) == 1
    half_open.locator("[name=kind][value=call]").uncheck()
    half_open.locator("[name=host][value=server]").check()
    assert stops(half_open) == ["p0"]


def test_fold_says_if_rows_are_only_not_shown(half_open: Page) -> None:
    fold = half_open.locator(".fold:visible").first
    assert "in which nothing happens" in (fold.text_content() or "")
    # The call that lasted is shown at its two ends; without it, and what is at its begin, there is
    # a time of which something is known.
    half_open.locator("[name=kind][value=call]").uncheck()
    assert "in which nothing is shown" in (fold.text_content() or "")
    assert "nothing is shown" in (fold.get_attribute("aria-label") or "")
    half_open.locator("[name=kind][value=call]").check()
    assert "in which nothing happens" in (fold.text_content() or "")


def shown(page: Page) -> list[str]:
    """Return the rows that can be seen."""
    found: list[str] = page.locator("#rows > .row:visible").evaluate_all(
        "all => all.map(r => r.id)"
    )
    return found


def test_only_what_faults_touched_is_left_and_comes_back(half_open: Page) -> None:
    every = shown(half_open)
    half_open.locator("[name=touched]").focus()
    half_open.keyboard.press("Space")
    assert shown(half_open) == ["f0", "p3", "f0e"]
    half_open.keyboard.press("Space")
    assert shown(half_open) == every


def test_it_goes_together_with_other_filters_and_keys(half_open: Page) -> None:
    half_open.get_by_label("Only what faults touched").check()
    half_open.locator("[name=kind][value=packet]").uncheck()
    assert shown(half_open) == ["f0", "f0e"]
    half_open.locator("[name=host][value=server]").uncheck()
    assert shown(half_open) == []
    half_open.locator("[name=host][value=server]").check()
    half_open.locator("[name=kind][value=packet]").check()
    half_open.locator("#f0").focus()
    half_open.keyboard.press("ArrowDown")
    assert half_open.evaluate("document.activeElement.closest('.row').id") == "p3"


def test_call_whose_bytes_were_lost_is_among_what_faults_touched(
    opened: Opened, tmp_path: Path
) -> None:
    events = made.half_open()
    sent = {"socket": "c", "data": "hello"}
    events.insert(-3, made.call(26, None, "client", "send", sent, began_ms=24, result=5))
    page = opened.show(made.write(tmp_path, events))
    page.get_by_label("Only what faults touched").check()
    assert shown(page) == ["f0", "c2", "p3", "c2e", "f0e"]


def test_run_without_faults_has_no_such_filter(opened: Opened, tmp_path: Path) -> None:
    events = [one for one in made.half_open() if not isinstance(one, FaultOn | FaultOff)]
    page = opened.show(made.write(tmp_path, events, made.handshake()[:3]))
    assert page.locator("[name=host]").count() == 2
    assert page.locator("[name=touched]").count() == 0


def test_focus_never_hides_under_the_hosts(opened: Opened, tmp_path: Path) -> None:
    opened.page.set_viewport_size({"width": 1280, "height": 400})
    page = opened.show(transfer(tmp_path, 60))
    page.locator("#c0").focus()
    page.keyboard.press("End")
    for _ in range(40):
        page.keyboard.press("ArrowUp")
        tops = page.evaluate(
            """[document.activeElement.getBoundingClientRect().top,
                document.querySelector('.heads').getBoundingClientRect().bottom]"""
        )
        assert tops[0] >= tops[1] - 1


def test_hovering_leaves_a_highlight(half_open: Page) -> None:
    opacity = "row => getComputedStyle(row.querySelector('.hit')).fillOpacity"
    row = half_open.locator(".row.key")
    before = row.evaluate(opacity)
    row.hover()
    assert row.evaluate(opacity) == before


def test_both_lanes_are_seen_on_a_small_screen(small: Page) -> None:
    for lane in small.locator(".lane").all():
        box = lane.bounding_box()
        assert box
        assert 15 < box["x"] < 375


def test_detail_covers_no_chosen_row_and_can_be_closed(small: Page) -> None:
    small.locator("#c2e").click()
    row, detail = small.locator("#c2e").bounding_box(), small.locator("#detail").bounding_box()
    assert row
    assert detail
    assert row["y"] + row["height"] <= detail["y"]
    small.get_by_label("Close").click()
    assert not small.locator("#detail").is_visible()
    assert small.locator(".row.lit").count() == 0


def test_on_paper_all_is_there_and_nothing_is_wider(opened: Opened, tmp_path: Path) -> None:
    page = opened.show(transfer(tmp_path, 70))
    page.set_viewport_size({"width": 700, "height": 1000})  # of A4, within its margins
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    assert page.locator("#facts td").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).getPropertyValue('--ink')") == "#000"
    slices = page.locator(".slice")
    boxes = [one.bounding_box() for one in slices.all()]
    assert all(box and box["height"] < 500 and box["x"] + box["width"] <= 700 for box in boxes)
    assert slices.locator(".row.packet").count() == 70
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    assert slices.count() == 0
    assert page.locator("#p0").is_visible()
    assert not page.locator("#facts td").first.is_visible()


def test_printing_calls_for_the_slices(opened: Opened, tmp_path: Path) -> None:
    page = opened.show(transfer(tmp_path, 70))
    page.evaluate(
        """addEventListener('beforeprint',
            () => window.cut = document.querySelectorAll('.slice').length)"""
    )
    page.pdf(format="A4")
    assert page.evaluate("window.cut") > 5
