"""The legend explains what is on the page, and nothing else."""

from pathlib import Path
from typing import Any

from lab.evidence.events import End, Event, Raised
from lab.report.legend import legend
from lab.report.picture import draw
from lab.report.reading import read
from tests import made_evidence as made

RAISED = Raised(name="EPIPE", errno=32, type="BrokenPipeError", text="broken")


def explained(folder: Path, events: list[Event], packets: Any = ()) -> tuple[str, ...]:
    run = read(made.write(folder, events, packets))
    return legend(run, draw(run))


def test_half_open_run_has_what_it_shows(tmp_path: Path) -> None:
    there = explained(tmp_path, made.half_open(), made.handshake())
    assert there == (*("call", "open", "delivered", "dropped", "fault", "log", "fold", "decides"),)


def test_page_of_one_failed_call_explains_nothing_but_that(tmp_path: Path) -> None:
    events = made.start()
    events += [made.call(2, None, "client", "send", {}, began_ms=1, raised=RAISED)]
    assert explained(tmp_path, [*events, made.at(3, End())]) == ("error",)


def test_every_fate_on_the_page_is_explained_and_no_other(tmp_path: Path) -> None:
    data = made.tcp(made.CLIENT, made.PSH | made.ACK, seq=101, ack=501, data=b"x")
    fates = {
        "late": made.late(3),
        "duplicate": made.DUPLICATE,
        "changed": made.CHANGED,
        "held": made.HELD,
    }
    known = {"delivered", "dropped", *fates}
    for name, fate in fates.items():
        there = explained(tmp_path / name, made.half_open(), [(25, data, fate)])
        assert known & {*there} == {name}
