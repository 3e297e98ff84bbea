"""The page of a sweep, from results made by hand: no lab is there."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from lab.scenario.of_programs import OfPrograms
from lab.sweep import files, page
from lab.sweep.faults import CallFault, FaultKind, PacketFault
from lab.sweep.findings import findings
from lab.sweep.outcomes import REPORTS, OutcomeKind
from lab.sweep.page_model import IDLE, Cell, Links, Mark, SweepPage, page_of
from lab.sweep.positions import PacketKind, Position
from lab.sweep.subject import ProgramsSubject
from lab.sweep.sweep import Result, Trial
from tests import made_evidence
from tests.unit.lab.sweep.made import packet_trials, position, trial

DROP, CUT, DELAY, RESET = FaultKind.DROP, FaultKind.CUT, FaultKind.DELAY, FaultKind.RESET
HANG, SAME, LATE = OutcomeKind.HANG, OutcomeKind.SAME, OutcomeKind.LATE
SUBJECT = ProgramsSubject(OfPrograms(servers={"server": "./server"}, client="./client"))
EVIL = "<script>alert(1)</script>"
NOWHERE = Links({}, {})


def shown(
    trials: Sequence[Trial], positions: Sequence[Position] = (), links: Links = NOWHERE
) -> SweepPage:
    result = Result(trials=list(trials), positions=positions)
    breaks = [one for one in trials if one.acted and one.outcome.kind not in REPORTS]
    return page_of(result, findings(result, breaks), links)


def rendered(trials: Sequence[Trial], positions: Sequence[Position] = ()) -> str:
    result = Result(trials=list(trials), positions=positions, is_whole=True)
    return page.render(SUBJECT, result, shown(trials, positions), "1 packet")


def marks(cells: Sequence[Cell]) -> list[str]:
    return [cell.mark.style if cell.mark else cell.empty for cell in cells]


def mark(one: Mark | None) -> Mark:
    assert one
    return one


def test_rows_are_in_the_order_of_the_exchange_and_lanes_too() -> None:
    ack = position(kind=PacketKind.ACK, place=1)
    answer = position(link="server -> client", place=2)
    it = shown([], [position(place=0), answer, ack])
    assert [row.name for row in it.packets] == ["1st data segment", "1st ACK", "1st data segment"]
    assert [row.arrow.is_back for row in it.packets] == [False, False, True]
    assert [host for host, _ in it.lanes] == ["client", "server"]
    assert it.has_acks


def test_each_packet_has_a_mark_for_each_fault_that_was_tried() -> None:
    data, fin = position(), position(kind=PacketKind.FIN, place=1)
    trials = packet_trials(data, {DROP: HANG, CUT: HANG, FaultKind.CORRUPT: LATE})
    it = shown([*trials, *packet_trials(fin, {DROP: SAME})], [data, fin])
    assert it.kinds == (DROP, CUT, FaultKind.CORRUPT)
    assert marks(it.packets[0].cells) == ["broke", "broke", "late"]
    assert marks(it.packets[1].cells) == ["same", "not tried", "does not apply"]
    assert mark(it.packets[0].drop).word == "hang"
    assert [row.is_break for row in it.packets] == [True, False]
    assert it.has_others


def test_a_fault_that_never_acted_is_idle_and_breaks_nothing() -> None:
    it = shown(packet_trials(position(), {DROP: HANG}, acted=0), [position()])
    idle = mark(it.packets[0].drop)
    assert (idle.word, idle.style, idle.is_break) == (IDLE, "never-acted", False)
    assert it.found == ()
    assert [one.mark.word for one in it.outcomes] == [IDLE]


def test_a_mark_says_all_that_is_known() -> None:
    (late,) = packet_trials(position(), {DELAY: HANG})
    smaller = trial(fault=PacketFault(DELAY, position(), 3200))
    result = Result(
        trials=[late],
        positions=[position()],
        smallest={late.key: smaller},
        confirmed={smaller.key: (2, 5)},
    )
    it = page_of(result, findings(result, [late]), NOWHERE)
    (cell,) = it.packets[0].cells
    assert mark(cell.mark).said == (
        "hang of client",
        "it had not ended",
        "delaying all from the 1st data segment of client -> server on by 7.5 s",
        "the smallest that breaks: "
        "delaying all from the 1st data segment of client -> server on by 3.2 s",
        "flaky: 2 of 5 times",
    )
    assert mark(cell.mark).is_flaky
    assert it.is_any_flaky
    assert it.found[0].row == it.packets[0].key


def test_the_legend_has_what_occurs_the_worst_first() -> None:
    data = position()
    it = shown(packet_trials(data, {DROP: SAME, CUT: OutcomeKind.CRASH, RESET: HANG}), [data])
    assert [one.mark.word for one in it.outcomes] == ["hang", "crash", "same"]
    assert [name for name, _ in it.faults] == ["drop", "cut", "reset"]


def test_a_call_has_a_row_and_each_errno_a_column() -> None:
    faults = [
        CallFault("client", "recvfrom", "tcp", 1, errno="EINTR"),
        CallFault("client", "recvfrom", "tcp", 2, errno="ECONNRESET"),
        CallFault("client", "close", "tcp", 1, errno="EINTR"),
    ]
    it = shown([trial(OutcomeKind.CRASH, one) for one in faults])
    assert it.gets == ("EINTR", "ECONNRESET")
    assert [row.name for row in it.calls] == [
        *("1st recvfrom of client (tcp)", "2nd recvfrom of client (tcp)"),
        "1st close of client (tcp)",
    ]
    assert [marks(row.cells) for row in it.calls] == [
        ["broke", "not tried"],
        ["not tried", "broke"],
        ["broke", "does not apply"],
    ]
    assert [one.row for one in it.found] == ["call-1", "call-3"]


def test_arrows_of_several_hosts_and_to_oneself_stay_on_the_picture() -> None:
    links = ("a -> b", "b -> c", "c -> a", "a -> a", "c -> c")
    it = shown([], [position(link=link, place=n) for n, link in enumerate(links)])
    arrows = [row.arrow for row in it.packets]
    assert [(one.is_back, one.is_loop) for one in arrows] == [
        *((False, False), (False, False), (True, False)),
        *((False, True), (True, True)),
    ]
    assert all(one.left >= 0 and one.left + one.width <= 100 for one in arrows)
    (alone,) = shown([], [position(link="a -> a")]).packets
    assert alone.arrow.is_loop


def test_what_programs_say_is_text() -> None:
    data = position(payload=EVIL.encode()[:24], size_bytes=len(EVIL))
    text = rendered(packet_trials(data, {DROP: HANG}, detail=EVIL), [data])
    assert "<script" not in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 2
    assert "&lt;script&gt;alert(1)&lt;/scrip" in text


def test_the_page_asks_for_nothing_and_runs_nothing() -> None:
    text = rendered(packet_trials(position(), {DROP: HANG}), [position()])
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text)
    assert "default-src 'none'" in text
    assert "script-src" not in text


@pytest.mark.parametrize(
    ("trials", "sentence"),
    [
        ([], "nothing was tried"),
        (packet_trials(position(), {DROP: SAME}), "it survives all of it"),
        (packet_trials(position(), {DROP: HANG}), "breaks in 1 way; all else it survives"),
    ],
)
def test_the_top_says_what_came_of_it(trials: list[Trial], sentence: str) -> None:
    assert sentence in rendered(trials, [position()])


def test_a_sweep_that_was_ended_says_so() -> None:
    result = Result(trials=packet_trials(position(), {DROP: SAME}), planned=9)
    text = page.render(SUBJECT, result, page_of(result, [], NOWHERE), "")
    assert "1 of 9 faults" in text


def test_marks_lead_to_the_pages_of_runs_that_broke_and_to_the_folders_of_others(
    tmp_path: Path,
) -> None:
    folders = [made_evidence.write(tmp_path / "runs" / "a try" / f"00{n}") for n in (1, 2, 3)]
    clean, bad, good = map(str, folders)
    data = position()
    trials = [
        *packet_trials(data, {DROP: HANG}, folder=bad),
        *packet_trials(data, {CUT: SAME}, folder=good),
    ]
    result = Result(
        clean=packet_trials(data, {DROP: SAME}, folder=clean), trials=trials, positions=[data]
    )
    path = files.write(tmp_path, SUBJECT, result, findings(result, trials[:1]))
    assert path == tmp_path / "sweep.html"
    links = re.findall(r'href="((?:runs|findings)/[^"]*)"', path.read_text(encoding="utf-8"))
    assert set(links) == {
        "runs/a%20try/001/report.html",
        "runs/a%20try/002/report.html",
        "runs/a%20try/003/",
        "findings/01-drop-data-segment-of-client-server-hang.yaml",
    }
    assert [(one / "report.html").exists() for one in folders] == [True, True, False]
