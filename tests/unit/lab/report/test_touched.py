"""What faults touched: of the wire by its packets, of a host by what was under way there."""

from pathlib import Path

import pytest

from lab.evidence.events import End, HostFaultOff, HostFaultOn
from lab.report.reading import read
from lab.report.touched import is_touched, touched
from tests import made_evidence as made


def test_packet_that_just_came_is_not_touched(tmp_path: Path) -> None:
    run = read(made.write(tmp_path))
    assert [is_touched(one) for one in run.packets] == [False, False, False, True]


def test_call_that_has_a_touched_packet_is(tmp_path: Path) -> None:
    events = made.half_open()
    sent = {"socket": "c", "data": "hello"}
    events.insert(-3, made.call(26, None, "client", "send", sent, began_ms=24, result=5))
    run = read(made.write(tmp_path, events))
    assert [call.name for call in run.calls if f"c{call.number}" in touched(run)] == ["send"]


@pytest.mark.parametrize(
    ("done", "names"), [("pause", ["poll", "recv", "send"]), ("kill", ["recv"])]
)
def test_host_that_fails_touches_what_is_under_way_there(
    tmp_path: Path, done: str, names: list[str]
) -> None:
    events = made.start()
    events += [
        made.call(5, None, "server", "bind", {}, began_ms=1),
        made.at(10, HostFaultOn(name="outage", host="server", fault=done, lasts=done == "pause")),
        made.call(15, None, "server", "recv", {}, began_ms=8),
        made.call(16, None, "client", "recv", {}, began_ms=8),
        made.call(18, None, "server", "send", {}, began_ms=17),
        made.call(30, None, "server", "poll", {}, began_ms=19),
    ]
    events += [made.at(20, HostFaultOff(name="outage"))] * (done == "pause")
    events += [made.call(40, None, "server", "close", {}, began_ms=35)]
    run = read(made.write(tmp_path, [*events, made.at(50, End())], ()))
    felt = [call.name for call in run.calls if f"c{call.number}" in touched(run)]
    assert sorted(felt) == names
