"""The page of a run, in a real browser: it opens, lights up, folds, filters, and obeys the keys."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from lab import report
from lab.evidence.events import FaultOff, FaultOn
from lab.net.fate import Fate
from tests import made_evidence as made
from tests.browser.conftest import Opened


@pytest.fixture
def half_open(opened: Opened, tmp_path: Path) -> Page:
    return opened.show(made.write(tmp_path / "half-open" / "001"))


def texts(page: Page, selector: str) -> list[str]:
    return [text.strip() for text in page.locator(selector).all_inner_texts()]


def lit(page: Page) -> list[str]:
    rows = page.locator(".row.lit").evaluate_all("rows => rows.map(row => row.id)")
    return sorted(rows)


def heights(page: Page) -> list[float]:
    """Return the tops of all rows that are shown, from that of the picture."""
    script = """rows => rows.filter(row => getComputedStyle(row).display !== 'none')
        .map(row => Math.round(row.getBoundingClientRect().top
            - document.getElementById('picture').getBoundingClientRect().top))"""
    found: list[float] = page.locator("#rows > .row").evaluate_all(script)
    return found


def test_opens_from_disk_with_no_error_and_no_request(half_open: Page, opened: Opened) -> None:
    assert half_open.title() == "\N{CHECK MARK} made \N{EN DASH} PASS"
    assert len(opened.requests) == 1
    assert half_open.locator("#picture .row").count() > 10


def test_first_screen_is_there_without_script(opened: Opened, tmp_path: Path) -> None:
    file = report.write(made.write(tmp_path))
    context = opened.page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.locator("#p3 .cross").is_visible()
    assert page.locator(
        "text=still waiting when the lab stopped looking, after 1.000 s"
    ).is_visible()
    context.close()
    opened.open(file)


def test_a_click_on_a_call_lights_up_its_packets(half_open: Page) -> None:
    half_open.locator("#c1").click()
    assert lit(half_open) == ["c1", "c1e", "p0", "p1", "p2"]
    assert "connect" in half_open.locator("#detail").inner_text()
    half_open.locator("#c1").click()
    assert lit(half_open) == []
    assert not half_open.locator("#detail").is_visible()


def test_a_click_on_a_fault_lights_up_the_packets_it_acted_on(half_open: Page) -> None:
    half_open.locator("#f0").click()
    assert lit(half_open) == ["f0", "f0e", "p3"]


def test_a_fold_opens_and_closes(half_open: Page) -> None:
    before = heights(half_open)
    fold = half_open.locator(".fold").first
    assert "in which nothing happens" in (fold.text_content() or "")
    fold.click()
    assert fold.get_attribute("aria-expanded") == "true"
    assert heights(half_open)[-1] > before[-1]
    fold.click()
    assert heights(half_open) == before


def test_the_script_places_rows_where_they_were(half_open: Page) -> None:
    before = heights(half_open)
    for kind in ("uncheck", "check"):
        getattr(half_open.locator("[name=kind][value=packet]"), kind)()
    assert heights(half_open) == before


def test_filters_hide_and_show(half_open: Page) -> None:
    assert half_open.locator("#p0").is_visible()
    half_open.locator("[name=kind][value=packet]").uncheck()
    assert not half_open.locator("#p0").is_visible()
    assert half_open.locator("#c1").is_visible()
    half_open.locator("[name=kind][value=packet]").check()
    half_open.locator("[name=host][value=server]").uncheck()
    assert not half_open.locator("#p0").is_visible()
    assert not half_open.locator("#c0").is_visible()
    assert half_open.locator("#c2e").is_visible()


def test_a_connection_can_be_chosen(opened: Opened, tmp_path: Path) -> None:
    other = (40001, 21567)
    packets = [
        *made.handshake(),
        (6, made.tcp(made.CLIENT, made.SYN, seq=9, ports=other), made.DELIVERED),
    ]
    packets.sort(key=lambda one: one[0])
    page = opened.show(made.write(tmp_path, packets=packets))
    assert page.locator("#p3").is_visible()
    page.locator("[name=connection]").select_option(
        label="TCP client:40000 \N{EN DASH} server:21567"
    )
    assert page.locator("#p0").is_visible()
    assert not page.locator("#p3").is_visible()


def test_keys_walk_choose_and_let_go(half_open: Page) -> None:
    half_open.locator("#c0").focus()
    half_open.keyboard.press("ArrowDown")
    assert half_open.evaluate("document.activeElement.id") == "c1"
    half_open.keyboard.press("Enter")
    assert "p0" in lit(half_open)
    half_open.keyboard.press("Escape")
    assert lit(half_open) == []
    half_open.keyboard.press("End")
    assert half_open.evaluate("document.activeElement.id") == "f0e"
    half_open.keyboard.press("Home")
    assert half_open.evaluate("document.activeElement.id") == "c0"


def test_one_tab_stop_leads_into_the_picture(half_open: Page) -> None:
    assert half_open.locator("#picture [tabindex='0']").count() == 1


def test_markup_in_a_log_line_is_text(opened: Opened, tmp_path: Path) -> None:
    evil = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    page = opened.show(made.write(tmp_path, made.half_open(message=evil)))
    page.locator("#l0").click()
    assert evil in page.locator("#detail").inner_text()
    assert page.title().startswith("\N{CHECK MARK} made")
    assert page.locator("img").count() == 0


def test_ten_thousand_packets_unfold_on_demand(opened: Opened, tmp_path: Path) -> None:
    sequence = 101
    packets = made.handshake()[:3]
    for number in range(9_997):
        data = made.tcp(made.CLIENT, made.PSH | made.ACK, seq=sequence, ack=501, data=b"x")
        packets.append((40 + number // 8, data, made.DELIVERED))
        sequence += 1
    page = opened.show(made.write(tmp_path, packets=packets))
    assert page.locator(".row").count() < 200
    group = page.locator(".row.group").first
    number = int(group.get_attribute("id").removeprefix("p").removesuffix("s"))  # type: ignore[union-attr]
    assert page.locator(f"#p{number}").count() == 0
    group.click()
    assert page.locator(f"#p{number}").is_visible()
    page.locator(f"#p{number}").click()
    assert f"p{number}" in lit(page)
    group.click()
    assert page.locator(f"#p{number}").count() == 0
    page.locator("#facts summary").click()
    page.locator("#more").click()
    assert page.locator("#facts tbody tr").count() > 10_000


def test_damaged_evidence_gives_a_page_that_says_what_is_missing(
    opened: Opened, tmp_path: Path
) -> None:
    folder = made.write(tmp_path)
    capture = folder / "wire.pcapng"
    capture.write_bytes(capture.read_bytes()[:-150])
    text = (folder / "events.jsonl").read_text(encoding="utf-8")
    (folder / "events.jsonl").write_text(text[:-60], encoding="utf-8")
    page = opened.show(folder)
    missing = "\n".join(texts(page, ".missing li"))
    assert "The capture is not whole" in missing
    assert "events.jsonl ends early" in missing
    assert "UNKNOWN" in page.locator(".verdict").inner_text()
    assert page.locator("#p0").is_visible()


def test_page_without_a_capture_still_has_its_calls(opened: Opened, tmp_path: Path) -> None:
    folder = made.write(tmp_path)
    (folder / "wire.pcapng").unlink()
    page = opened.show(folder)
    assert "no capture" in page.locator(".missing").inner_text()
    assert page.locator("#c1").is_visible()


def test_page_with_a_capture_alone_still_has_its_packets(opened: Opened, tmp_path: Path) -> None:
    folder = made.write(tmp_path)
    (folder / "events.jsonl").unlink()
    page = opened.show(folder)
    assert "no events.jsonl" in page.locator(".missing").inner_text()
    assert page.locator("#p3 .cross").is_visible()


@pytest.mark.parametrize("width", [390, 800, 1280, 1920])
def test_no_page_is_wider_than_its_window(opened: Opened, tmp_path: Path, width: int) -> None:
    opened.page.set_viewport_size({"width": width, "height": 800})
    page = opened.show(made.write(tmp_path))
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_overview_leads_to_the_pages(opened: Opened, tmp_path: Path) -> None:
    for number in ("001", "002"):
        made.write(tmp_path / "made" / number)
    page = opened.open(report.write_index(tmp_path))
    assert page.locator("tbody tr").count() == 1
    page.locator(".dot-link").last.click()
    assert page.url.endswith("made/002/report.html")


FATES = [
    made.DELIVERED,
    made.DROPPED,
    made.DUPLICATE,
    made.CHANGED,
    made.late(50.1),
    made.HELD,
    # These words need a second line.
    made.late(50.1, duplicates=1, is_changed=True),
]


@pytest.mark.parametrize("fate", FATES)
def test_script_draws_a_packet_as_the_page_does(opened: Opened, tmp_path: Path, fate: Fate) -> None:
    """Many late ones are drawn in their rows, so that both ways of drawing them can be compared."""
    drawn = []
    # What is longer than the words of a group keeps the lanes as far apart on both pages.
    name = "a-fault-with-a-long-name"
    events = made.changed(made.half_open(), FaultOn, name=name)
    events = made.changed(events, FaultOff, name=name)
    for count in (70, 200):  # without groups, and with
        packets = made.handshake()[:3]
        for number in range(count):
            data = made.tcp(made.CLIENT, made.PSH | made.ACK, seq=101 + number, ack=501, data=b"x")
            packets.append((40, data, fate))
        page = opened.show(made.write(tmp_path / str(count), events, packets))
        if count == 200:
            page.locator("#unfold").click()
        drawn.append(
            page.locator("#p30").evaluate(
                """row => [row.getAttribute('class'), row.getAttribute('aria-label'),
                    row.dataset.h, row.dataset.t, row.dataset.hosts, row.dataset.c,
                    [...row.querySelectorAll('path')].map(one => one.getAttribute('d')).join(' '),
                    row.querySelector('text:not(.time)').textContent.trim(),
                    row.querySelector('text:not(.time)').getAttribute('x'),
                    [...row.querySelectorAll('tspan')].map(one => one.getAttribute('dy')).join()]"""
            )
        )
    assert drawn[0] == drawn[1]
