"""Pages of long runs: groups open and close, in no time, and nothing gets lost on the way."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import made_evidence as made
from tests.browser.conftest import Opened

FAULT = made.DROPPED


def transfer(folder: Path, count: int, *, every: int = 0) -> Path:
    """Write a run of so many packets, of which every n-th is dropped."""
    packets = made.handshake()[:3]
    for number in range(count - 3):
        data = made.tcp(made.CLIENT, made.PSH | made.ACK, seq=101 + number, ack=501, data=b"x")
        packets.append(
            (40 + number // 8, data, FAULT if every and not number % every else made.DELIVERED)
        )
    return made.write(folder, packets=packets)


@pytest.fixture
def long_run(opened: Opened, tmp_path: Path) -> Page:
    return opened.show(transfer(tmp_path, 1000, every=2))


def calling(folder: Path, count: int) -> Path:
    """Write a run of so many calls."""
    events = made.half_open()
    for number in range(count):
        at_ms = 1041 + number / 100
        sent: dict[str, Any] = {"socket": "c", "data": f"call {number}"}
        call = made.call(at_ms, None, "client", "send", sent, began_ms=at_ms - 0.001, result=1)
        events.insert(-1, call)
    return made.write(folder, events)


def stops(page: Page) -> list[str]:
    found: list[str] = page.locator("#picture [tabindex='0']").evaluate_all(
        "all => all.filter(one => one.checkVisibility()).map(one => one.id)"
    )
    return found


def test_calls_in_groups_can_be_seen_chosen_and_put_away(opened: Opened, tmp_path: Path) -> None:
    page = opened.show(calling(tmp_path, 3000))
    group = page.locator(".row.group", has_text="calls").first
    group.click()
    call = page.locator(".row.call", has_text="call 20\u201d")
    assert "client: send \u201ccall 20\u201d" in (call.get_attribute("aria-label") or "")
    assert call.locator(".bar").count() == 1
    call.click()
    assert "call 20" in page.locator("#detail").inner_text()
    group.click()
    assert call.count() == 0
    page.locator("#facts summary").click()
    assert page.locator("#facts tbody tr", has_text="call 20\u201d").is_visible()


def test_group_of_calls_goes_with_calls_not_with_packets(opened: Opened, tmp_path: Path) -> None:
    page = opened.show(calling(tmp_path, 3000))
    group = page.locator(".row.group").first
    page.locator("[name=kind][value=packet]").uncheck()
    assert group.is_visible()
    page.locator("[name=kind][value=call]").uncheck()
    assert not group.is_visible()


def test_unfolding_a_lit_group_lights_what_was_in_it(long_run: Page) -> None:
    long_run.locator("#f0").click()
    group = long_run.locator(".row.group.lit").first
    group.click()
    number = int((group.get_attribute("id") or "")[1:-1])
    lit = [long_run.locator(f"#p{number + one}.lit").count() for one in range(4)]
    assert sorted(lit) == [0, 0, 1, 1]


def test_closing_a_group_leaves_the_tab_stop_on_it(long_run: Page) -> None:
    group = long_run.locator(".row.group").first
    id_ = group.get_attribute("id") or ""
    group.focus()
    long_run.keyboard.press("Enter")
    long_run.keyboard.press("ArrowDown")
    assert stops(long_run) == [id_.replace("s", "")]
    group.click()
    assert stops(long_run) == [id_]


def test_all_is_unfolded_and_little_of_it_drawn(opened: Opened, tmp_path: Path) -> None:
    page = opened.show(transfer(tmp_path, 10_000))
    before = page.locator("#rows > .row").count()
    page.locator("#unfold").click()
    assert page.locator("#rows > .row").count() < before + 300
    page.locator("#c0").focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.checkVisibility()")
    assert page.locator("#p9990").is_visible()
    page.keyboard.press("Home")
    assert page.evaluate("document.activeElement.id") == "c0"
    expect(page.locator("#p9990")).to_have_count(0)
    page.locator("#unfold").click()
    assert page.locator("#rows > .row").count() == before


def test_listed_packets_say_which_fault_and_stand_in_order(long_run: Page) -> None:
    long_run.locator("#facts summary").click()
    listed = long_run.locator("#facts tbody tr", has_text="dropped by outage")
    before = listed.count()
    long_run.locator("#more").click()
    assert listed.count() > before > 100
    times = [float(text) for text in long_run.locator("#facts td:first-child").all_inner_texts()]
    assert times == sorted(times)


def test_only_what_faults_touched_of_a_group(opened: Opened, tmp_path: Path) -> None:
    page = opened.show(transfer(tmp_path, 1000, every=2))
    page.get_by_label("Only what faults touched").check()
    page.locator(".row.group").first.click()
    packets = page.locator("#rows > .row.packet:visible")
    assert packets.count() > 50
    assert packets.locator(":scope:not(.dropped)").count() == 0
