"""The table of all facts: everything that happened is in it, in order, and nothing is cut."""

from pathlib import Path

from lab.report.facts import facts
from lab.report.reading import read
from tests import made_evidence as made

MESSAGE = "a long line of syslog \N{RIGHTWARDS ARROW} with an arrow in it, and more than fits a row"


def test_all_is_there_in_the_order_of_time(tmp_path: Path) -> None:
    found = facts(read(made.write(tmp_path)))
    assert [fact.kind for fact in found] == [
        *("call", "call", "packet", "packet", "packet", "log"),
        *("fault", "packet", "call", "fault, to the end"),
    ]
    assert found[8][3:] == (
        *("client", "recv", "still waiting after 1.000 s, when the lab stopped looking"),
    )
    assert found[7].came == "dropped by outage"


def test_texts_are_whole_and_in_their_column(tmp_path: Path) -> None:
    events = made.half_open(MESSAGE)
    sent, got = "y" * 200, {"text": "z" * 200}
    events[-1:-1] = [
        made.call(
            1042, None, "client", "send", {"socket": "c", "data": sent}, began_ms=1041, result=1
        ),
        made.call(1044, None, "client", "recv", {"socket": "c"}, began_ms=1043, result=got),
    ]
    found = facts(read(made.write(tmp_path, events)))
    assert f"tcp[7]: {MESSAGE}" in {fact.what for fact in found}
    assert any(sent in fact.what for fact in found)
    assert any("z" * 200 in fact.came for fact in found)


def test_calls_that_stand_in_groups_are_lines_of_their_own(tmp_path: Path) -> None:
    events = made.half_open()
    for number in range(3000):
        at_ms = 1041 + number / 100
        call = made.call(at_ms, None, "client", "send", {"socket": "c"}, began_ms=at_ms, result=1)
        events.insert(-1, call)
    kinds = [fact.kind for fact in facts(read(made.write(tmp_path, events)))]
    assert kinds.count("call") == 3003
