"""Pages of traced programs: folds open, a call and its packets light up, filters choose."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from lab.evidence.events import CallFaultOff, CallFaultOn, End
from tests import made_evidence as made
from tests.browser.conftest import Opened
from tests.made_traces import UNIX, polled, sent, traced


def shown(opened: Opened, folder: Path) -> Page:
    """Show a program with two threads that polls, sends and asks a name service."""
    data = made.tcp(made.CLIENT, made.PSH | made.ACK, seq=101, ack=501, data=b"hello")
    packets = [*made.handshake()[:3], (40, data, made.DELIVERED)]
    events = [
        *made.start(),
        traced(2, "connect", socket=UNIX, error="ENOENT", arguments={"addr": "/run/nscd"}),
        traced(2.5, "close", socket=UNIX),
        traced(3, "connect", ms=3, arguments={"addr": "198.18.67.2:21567"}),
        *(polled(10 + n, tid=6) for n in range(40)),
        sent(39.5, "hello"),
        traced(60, "recvfrom", descriptor=4, tid=6, error="ECONNRESET"),
        made.program(90, ["curl", "http://server"], began_ms=1, host="client"),
        made.at(95, End()),
    ]
    return opened.show(made.write(folder, events, packets, scenario=None))


def test_fold_opens_in_the_order_of_time_and_closes(opened: Opened, tmp_path: Path) -> None:
    page = shown(opened, tmp_path)
    fold = page.locator(".row.traced-begin", has_text="poll")
    expect(fold).to_have_attribute("aria-expanded", "false")
    fold.click()
    expect(fold).to_have_attribute("aria-expanded", "true")
    calls = page.locator(".row.traced", has_text="poll fd 3")
    assert calls.count() == 40
    times = page.locator("#rows > .row").evaluate_all(
        "all => all.map(one => Number(one.dataset.t))"
    )
    assert times == sorted(times)
    expect(page.locator("#detail")).to_contain_text("40 calls")
    expect(page.locator("#around .span")).to_have_count(1)
    expect(page.locator("#around .span")).not_to_have_class("gone")
    fold.click()
    assert calls.count() == 0
    assert page.locator("#detail").is_hidden()


def test_call_and_its_packets_light_each_other_up(opened: Opened, tmp_path: Path) -> None:
    page = shown(opened, tmp_path)
    sending = page.locator(".row[id^=x]", has_text="sendto").first
    packet = page.locator(".row.packet", has_text="len 5")
    sending.click()
    expect(packet).to_have_class("row packet delivered lit")
    expect(page.locator("#detail")).to_contain_text("client:40000")
    page.keyboard.press("Escape")
    packet.click()
    assert "lit" in (sending.get_attribute("class") or "")


def test_calls_of_a_thread_or_a_descriptor_can_be_shown_alone(
    opened: Opened, tmp_path: Path
) -> None:
    page = shown(opened, tmp_path)
    rows = page.locator("#rows > .row:not(.gone)")
    page.select_option("[name=caller]", "1 5/6")
    expect(rows.filter(has_text="sendto")).to_have_count(0)
    expect(rows.filter(has_text="poll")).to_have_count(2)
    expect(rows.filter(has_text="SYN")).to_have_count(2)
    page.select_option("[name=descriptor]", "4")
    expect(rows.filter(has_text="poll")).to_have_count(0)
    expect(rows.filter(has_text="ECONNRESET")).to_have_count(1)
    page.select_option("[name=caller]", "")
    page.select_option("[name=descriptor]", "")
    expect(rows.filter(has_text="sendto")).to_have_count(1)


def test_a_fault_of_calls_and_the_calls_that_it_failed_light_each_other_up(
    opened: Opened, tmp_path: Path
) -> None:
    asked = {"call": "connect", "peer": "server", "errno": "ETIMEDOUT", "nth": 2}
    on = CallFaultOn(name="second", host="client", fault="client/call/1", asked=asked)
    off = CallFaultOff(name="second", host="client", matched_calls=2, acted_calls=1)
    idle = CallFaultOn(name="idle", host="client", fault="client/call/2", asked=asked)
    idle_off = CallFaultOff(name="idle", host="client")
    to: dict[str, Any] = {"arguments": {"addr": "198.18.67.2:21567"}}
    events = [
        *made.start(),
        made.at(2, on),
        made.at(3, idle),
        traced(10, "connect", **to),
        traced(20, "connect", error="ETIMEDOUT", fault="client/call/1", **to),
        made.program(40, ["curl"], began_ms=1, host="client"),
        *(made.at(50, off), made.at(51, idle_off), made.at(95, End())),
    ]
    page = opened.show(made.write(tmp_path, events, (), scenario=None))
    failed, other = page.locator(".row.traced").nth(1), page.locator(".row.traced").first
    expect(failed).to_contain_text("ETIMEDOUT (sec")
    page.locator("#f0").click()
    expect(failed).to_contain_class("lit")
    expect(other).not_to_contain_class("lit")
    expect(page.locator("#detail")).to_contain_text("1 call")
    expect(page.locator('.shade:not(.field)[data-for="f0"]')).to_contain_class("lit")
    page.keyboard.press("Escape")
    failed.click()
    for key in ("f0", "f0e"):
        expect(page.locator(f"#{key}")).to_contain_class("lit")
    expect(page.locator("#f1")).not_to_contain_class("lit")
    page.keyboard.press("Escape")
    page.check("[name=touched]")
    expect(failed).not_to_contain_class("gone")
    expect(other).to_contain_class("gone")
    expect(page.locator("#f1e")).to_contain_text("never acted")


def test_fifty_thousand_calls_stay_usable(opened: Opened, tmp_path: Path) -> None:
    names = ("socket", "connect", "close")
    calls = [
        traced(5 + n / 50, names[n % 3], ms=0.01, error="EPERM" if n % 3 == 1 else None)
        for n in range(50_000)
    ]
    program = made.program(1100, ["curl"], began_ms=1, host="client")
    events = [*made.start(), *calls, program, made.at(1200, End())]
    folder = made.write(tmp_path, events, (), scenario=None)
    page = opened.show(folder)
    assert (folder / "report.html").stat().st_size < 5_000_000
    group = page.locator(".row.group").first
    expect(group).to_contain_text("EPERM")
    group.click()
    expect(page.locator(".row.traced", has_text="EPERM").nth(5)).to_be_attached()
