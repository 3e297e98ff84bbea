"""A transfer is one row with a curve, which opens into groups, and these into packets."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Opened
from tests.browser.test_long_runs import stops, transfer

COUNT = 6_000


@pytest.fixture
def page(opened: Opened, tmp_path: Path) -> Page:
    return opened.show(transfer(tmp_path, COUNT, every=1000))


def ids(page: Page) -> list[str]:
    found: list[str] = page.locator("#rows > .row").evaluate_all("all => all.map(row => row.id)")
    return found


def test_curve_has_axes_with_units_and_marks(page: Page) -> None:
    row = page.locator(".row.transfer")
    assert row.count() == 1
    numbers = [text.strip() for text in row.locator(".axis").all_text_contents()]
    assert any(text.endswith("bit/s") for text in numbers)
    assert any(text.endswith(" s") for text in numbers)
    assert row.locator(".effect.of-dropped title").text_content() == "5 dropped"
    assert "client to server" in (row.get_attribute("aria-label") or "")


def test_keys_open_it_down_to_its_packets_and_close_it(page: Page) -> None:
    before = ids(page)
    page.locator(".row.transfer").focus()
    page.keyboard.press("Enter")
    assert page.locator(".row.transfer").get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    group = page.evaluate("document.activeElement.id")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.id") == group.replace("s", "")
    page.locator(".row.transfer").click()
    assert ids(page) == before
    assert stops(page) == [page.locator(".row.transfer").get_attribute("id")]


def test_every_packet_is_there_once_all_is_unfolded(page: Page) -> None:
    before = ids(page)
    page.locator("#unfold").click()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")  # draws all
    packets = [one for one in ids(page) if one.startswith("p") and one[1:].isdigit()]
    assert sorted(int(one[1:]) for one in packets) == list(range(COUNT))
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.locator("#unfold").click()
    assert ids(page) == before


def test_what_faults_touched_in_it_can_be_seen_alone(page: Page) -> None:
    page.get_by_label("Only what faults touched").check()
    page.locator(".row.transfer").click()
    shown = page.locator("#rows > .row.packet:visible")
    assert shown.count() == 6
    assert page.locator("#rows > .row.group:visible").count() == 0
    assert shown.locator(":scope.dropped").count() == 6


def test_transfer_goes_with_its_packets(page: Page) -> None:
    page.locator("[name=kind][value=packet]").uncheck()
    assert not page.locator(".row.transfer").is_visible()


def test_fault_lights_up_the_transfer_and_what_is_in_it(page: Page) -> None:
    page.locator("#f0").click()
    assert page.locator(".row.transfer.lit").count() == 1
    page.locator(".row.transfer").click()
    lit = page.locator("#rows > .row.packet.lit")
    assert lit.count() == page.locator("#rows > .row.packet.dropped").count() > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_curves_of_directions_differ_in_more_than_colour(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    style = "one => { const s = getComputedStyle(one); return [s.stroke, s.strokeDasharray]; }"
    stroke, dashes = page.locator(".curve.way0").first.evaluate(style)
    assert stroke != "none"
    assert dashes == "none"
    assert ".curve.way1 { stroke: var(--changed); stroke-dasharray: 6 3; }" in page.content()


def test_packets_that_are_not_on_the_page_are_said_to_be_elsewhere(
    opened: Opened, tmp_path: Path
) -> None:
    page = opened.show(transfer(tmp_path, 30_000, every=1000))
    page.locator(".row.transfer").last.click()
    assert "more packets are only in the capture" in (page.locator("#facts").text_content() or "")
    page.locator("#unfold").click()
    page.locator("#c0").focus()
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.checkVisibility()")
    page.locator("#facts summary").click()
    page.locator("#more").click()
    assert 19_000 < page.locator("#facts tbody tr").count() < 21_000
