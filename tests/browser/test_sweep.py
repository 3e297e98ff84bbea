"""The page of a sweep, in a real browser: it opens, says what marks mean, and leads to runs."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from lab.scenario.of_programs import OfPrograms
from lab.sweep import files
from lab.sweep.faults import CallFault, FaultKind
from lab.sweep.findings import findings
from lab.sweep.outcomes import REPORTS, OutcomeKind
from lab.sweep.positions import PacketKind
from lab.sweep.subject import ProgramsSubject
from lab.sweep.sweep import Result, Trial
from tests import made_evidence as made
from tests.browser.conftest import Opened
from tests.unit.lab.sweep.made import packet_trials, position, trial

EVIL = "<script>document.title='owned'</script>"
SUBJECT = ProgramsSubject(OfPrograms(servers={"server": "./server"}, client="./client"))


def write(folder: Path, packets: int = 6) -> Path:
    """Write a sweep in which each packet was dropped and cut; to lose every fifth breaks."""
    run = str(made.write(folder / "runs" / "try" / "001"))
    links = ("client -> server", "server -> client")
    found = [
        position(
            number // 2 + 1,
            PacketKind.ACK if number % 3 == 2 else PacketKind.DATA,
            link=links[number % 2],
            place=number,
            payload=EVIL.encode()[:24],
            size_bytes=len(EVIL),
        )
        for number in range(packets)
    ]
    trials: list[Trial] = []
    for number, one in enumerate(found):
        lost = OutcomeKind.SAME if number % 5 else OutcomeKind.HANG
        fates = {FaultKind.DROP: lost, FaultKind.CUT: OutcomeKind.LATE}
        trials += packet_trials(one, fates, folder=run, detail=EVIL)
    fault = CallFault("client", "recvfrom", "tcp", 1, errno="EINTR")
    trials.append(trial(OutcomeKind.CRASH, fault, folder=run))
    result = Result(positions=found, clean=trials[:1], trials=trials, is_whole=True)
    breaks = [one for one in trials if one.outcome.kind not in REPORTS]
    return files.write(folder, SUBJECT, result, findings(result, breaks))


@pytest.fixture
def swept(opened: Opened, tmp_path: Path) -> Page:
    return opened.open(write(tmp_path))


def test_opens_from_disk_with_no_request(swept: Page, opened: Opened) -> None:
    assert len(opened.requests) == 1
    assert swept.title().endswith("sweep of try")
    assert swept.locator("#exchange tbody tr").count() == 6
    assert swept.locator("#calls tbody tr").count() == 1


@pytest.mark.parametrize("way", ["hover", "focus"])
def test_a_mark_says_what_it_means_when_it_is_pointed_at(swept: Page, way: str) -> None:
    mark = swept.locator("#packet-1 a.broke")
    says = mark.locator(".says")
    assert says.evaluate("one => one.getBoundingClientRect().width") < 2
    swept.keyboard.press("Tab")  # a focus shows itself to people who use keys
    getattr(mark, way)()
    assert says.evaluate("one => one.getBoundingClientRect().width") > 100
    assert "hang of client" in says.inner_text()
    assert EVIL in says.inner_text()


def test_a_mark_leads_to_the_page_of_its_run(swept: Page) -> None:
    swept.locator("#packet-1 a.broke").click()
    assert swept.url.endswith("runs/try/001/report.html")


def test_a_finding_leads_to_its_row(swept: Page) -> None:
    swept.locator(".findings a", has_text="Row").first.click()
    assert swept.url.endswith("#packet-1")


def test_rows_can_be_left_out(swept: Page) -> None:
    rows = swept.locator("#exchange tbody tr:visible")
    swept.locator("#no-acks").check()
    assert rows.count() == 4
    swept.locator("#only-broke").check()
    assert rows.count() == 1


def test_heads_stay_in_sight_of_two_hundred_packets(opened: Opened, tmp_path: Path) -> None:
    page = opened.open(write(tmp_path, 200))
    page.locator("#packet-150").scroll_into_view_if_needed()
    top = page.locator("#exchange thead th").first.evaluate(
        "one => one.getBoundingClientRect().top"
    )
    assert top == 0


@pytest.mark.parametrize("width", [390, 800, 1280, 1920])
def test_no_page_is_wider_than_its_window(opened: Opened, tmp_path: Path, width: int) -> None:
    opened.page.set_viewport_size({"width": width, "height": 800})
    page = opened.open(write(tmp_path))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
