"""Evidence with a byte changed, or cut anywhere: there is a verdict or a refusal, nothing else."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.errors import EvidenceError
from lab.evidence import event_file, events, folders
from lab.evidence.verdict import Verdict
from lab.runner import run
from tests import made_evidence as made

SCENARIO = """\
title: A title
shows: what it shows
hosts: [server, client, syslog]
steps:
  - {on: server, call: listen, as: door, port: 21567}
  - {fault: drop, link: client -> server, tcp: syn, first: 1, as: loss}
  - {on: client, call: connect, as: c, to: "server:21567", within: 5s}
  - {on: client, run: echo hello, output: "hello\\n"}
  - {wait: {syslog: hello}}
  - {lift: loss, acted: 1}
  - {expect: {packets: {link: client -> server, tcp: syn}, count: 2}}
  - {expect: {packets: {link: client -> server, tcp: syn, fate: dropped}, count: 1}}
  - {expect: {syslog: hello, count: 1}}
  - {expect: {output: hello, count: 1}}
  - {expect: {fault: loss, acted: 1}}
"""
LINK = events.FaultLink(source="client", target="server", fault="server/1")
COUNTERS = events.FaultCounters(matched_packets=2, acted_packets=1, acted_bytes=60)
LINE = events.SyslogLine(
    host="client", facility="user", severity="info", ident="x", pid=1, message="hello"
)
EVENTS = made.as_json(
    [
        *made.start("server", "client", "syslog"),
        made.call(1, 0, "server", "listen", {"as": "door", "port": 21567}, began_ms=0),
        made.at(2, events.FaultOn(step=1, name="loss", impairment="drop", links=(LINK,))),
        made.call(9, 2, "client", "connect", {"as": "c"}, began_ms=3),
        made.program(12, ["echo", "hello"], began_ms=10, host="client", output="hello\n", step=3),
        made.at(13, LINE),
        made.at(14, events.WaitOutcome(step=4, held=True, count=1, unit="lines")),
        made.at(15, events.FaultOff(step=5, name="loss", counters=COUNTERS)),
        made.at(16, events.StepsEnded()),
        made.at(17, events.CaptureEnded(ended_early=())),
        made.at(18, events.End()),
    ]
)
SYN = made.tcp(made.CLIENT, made.SYN)
CAPTURE = made.capture([(3, SYN, made.DROPPED), (5, SYN, made.DELIVERED)])
FILES = {
    folders.SCENARIO: SCENARIO.encode(),
    event_file.FILE: made.event_lines(EVENTS, CAPTURE),
    folders.CAPTURE: CAPTURE,
}


def written(folder: Path, **changed: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in FILES.items():
        (folder / name).write_bytes(changed.get(name, data))
    return folder


def test_whole_evidence_passes(tmp_path: Path) -> None:
    outcome = run.verify(written(tmp_path / "run"))
    assert [one for one in outcome.judgements if one.verdict is not Verdict.PASS] == []


@settings(deadline=None)  # it writes files, on a machine that may be busy
@given(st.data())
def test_damage_is_a_verdict_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(FILES)))
    whole = FILES[name]
    at = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        damaged = whole[:at]
    else:
        bits = data.draw(st.integers(1, 255))
        damaged = whole[:at] + bytes([whole[at] ^ bits]) + whole[at + 1 :]
    folder = written(tmp_path_factory.getbasetemp() / "damaged", **{name: damaged})
    with contextlib.suppress(EvidenceError):
        assert run.verify(folder).verdict in Verdict


OTHERS: tuple[Any, ...] = (None, 7, "text", [], {}, [None])


@settings(deadline=None)  # it writes files, on a machine that may be busy
@given(st.data())
def test_fields_that_are_missing_or_of_another_kind_are_a_verdict_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    listed: list[dict[str, Any]] = [dict(one) for one in EVENTS]
    event = data.draw(st.sampled_from(listed))
    key = data.draw(st.sampled_from(sorted(event)))
    if data.draw(st.booleans()):
        del event[key]
    else:
        event[key] = data.draw(st.sampled_from(OTHERS))
    lines = made.event_lines(listed, CAPTURE)
    folder = written(tmp_path_factory.getbasetemp() / "changed", **{event_file.FILE: lines})
    with contextlib.suppress(EvidenceError):
        assert run.verify(folder).verdict in Verdict


def test_a_capture_that_is_a_folder_is_unknown(tmp_path: Path) -> None:
    folder = written(tmp_path / "run")
    (folder / folders.CAPTURE).unlink()
    (folder / folders.CAPTURE).mkdir()
    assert run.verify(folder).verdict is Verdict.UNKNOWN
