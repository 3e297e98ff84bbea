"""An impairment is one file, and so is a socket call: toys that are not in the package are found.

The reader of scenarios, the schema, the command's help, the signatures for Python, the tables of
the docs, the wire, the verdict and the page know them from what these files declare.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from lab.agent.wire import impairments
from lab.agent.wire.fault import Fault
from lab.api import make_signatures
from lab.commands import scenario_tables
from lab.commands.fault import fill_fault
from lab.errors import ScenarioError
from lab.evidence import events
from lab.evidence.verdict import Verdict
from lab.net.fate import Fate
from lab.report.arrows import fate_words
from lab.report.page import render
from lab.report.reading import read as read_run
from lab.report.topology import topology
from lab.runner.run import verify
from lab.scenario.reader import read
from lab.scenario.schema import schema
from tests import extensions
from tests import made_evidence as made
from tests.unit.lab.agent.wire_faults import MS, datagram, pipeline

SCENARIO = """\
title: Eaten
shows: nothing comes
hosts: [server, client]
steps:
  - {on: server, call: listen, as: door, port: 21567}
  - {on: client, call: connect, as: c, to: "server:21567"}
  - {fault: swallow, link: client -> server, as: mouth, chewing_ms: 2}
  - {on: client, call: gulp, socket: c, gulps: 2, gives: hello}
  - {lift: mouth, acted: 1}
  - {expect: {packets: {link: client -> server, fate: dropped}, count: 1}}
"""


@pytest.fixture(autouse=True)
def _added() -> Iterator[None]:
    with extensions.added():
        yield


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "eaten.yaml"
    file.write_text(SCENARIO, encoding="utf-8")
    return file


def test_a_scenario_may_have_them(path: Path) -> None:
    assert len(read(path).steps) == 6


@pytest.mark.parametrize(
    ("right", "wrong", "why"),
    [
        ("chewing_ms: 2", "chewing_ms: 2000", "chewing_ms 2000: must be a number from 0 to 1000"),
        ("chewing_ms: 2", "chewing: 2", "did you mean chewing_ms"),
        ("fault: swallow", "fault: swalow", "did you mean swallow"),
        ("gulps: 2", "gulp: 2", "did you mean gulps"),
        ("call: gulp", "call: gulb", "did you mean gulp"),
    ],
)
def test_mistakes_in_them_are_refused(path: Path, right: str, wrong: str, why: str) -> None:
    path.write_text(SCENARIO.replace(right, wrong), encoding="utf-8")
    with pytest.raises(ScenarioError, match=why):
        read(path)


def test_the_schema_has_them() -> None:
    made_now = schema()
    steps = Draft202012Validator({"$ref": "#/$defs/step", "$defs": made_now["$defs"]})
    swallow: dict[str, Any] = {"fault": "swallow", "link": "client -> server", "chewing_ms": 2}
    gulp: dict[str, Any] = {"on": "client", "call": "gulp", "socket": "c", "gulps": 2}
    for step in (swallow, gulp):
        assert steps.is_valid(step)
    assert not steps.is_valid(swallow | {"chewing_ms": 2000})
    assert not steps.is_valid(gulp | {"gulps": "many"})


def test_the_command_has_a_help_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    fill_fault(parser, [])
    with pytest.raises(SystemExit):
        parser.parse_args(["add", "client", "server", "--help"])
    assert "Swallow the packet" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        parser.parse_args(["add", "client", "server", "swallow", "--help"])
    assert "--chewing-ms MS" in capsys.readouterr().out


def test_python_has_a_method_for_it_and_the_docs_a_row() -> None:
    assert "def swallow(self, **asked: Unpack[SwallowOptions])" in make_signatures.text()
    row = "| `swallow` | Swallow the packet; a large one is chewed first | `chewing_ms` |"
    assert row in scenario_tables.fault_rows()
    row = "| `gulp` | Receive all that there is | `socket`, `gulps` |"
    assert row in scenario_tables.call_rows()


def test_it_acts_on_the_wire_and_declares_its_draws() -> None:
    (met,) = pipeline(Fault("swallow", {})).arrive(b"", datagram(), 0 * MS)
    assert met.lost
    assert met.actions[0][1] == ("swallowed", "")
    assert not impairments.load("swallow").draws([])
    assert impairments.load("swallow").draws(["chewing_ms"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return what a run of the scenario has left."""
    swallowed = Fate("dropped", actions=(made.action("swallowed", "swallow chewing_ms=2"),))
    flags = made.PSH | made.ACK
    packets = [
        *made.handshake()[:3],
        (20, made.tcp(made.CLIENT, flags, seq=101, ack=501, data=b"x"), swallowed),
        (30, made.tcp(made.SERVER, flags, seq=501, ack=101, data=b"hello"), made.DELIVERED),
    ]
    link = events.FaultLink(source="client", target="server", fault="server/1")
    counters = events.FaultCounters(matched_packets=1, acted_packets=1)
    on = events.FaultOn(step=2, name="mouth", impairment="swallow", links=(link,))
    gulped = {"socket": "c", "gulps": 2}
    happened = [
        *made.half_open()[:5],
        made.at(15, on),
        made.call(31, 3, "client", "gulp", gulped, began_ms=21, result={"text": "hello"}),
        made.at(40, events.FaultOff(step=4, name="mouth", counters=counters)),
        made.at(1050, events.End()),
    ]
    return made.write(tmp_path / "run", happened, packets, scenario=SCENARIO)


def test_a_run_with_them_is_judged(folder: Path) -> None:
    assert verify(folder).verdict is Verdict.PASS


def test_the_page_says_what_they_did(folder: Path) -> None:
    run = read_run(folder)
    (fault,) = run.faults
    assert fault.what == "swallow every packet"
    (lost,) = (packet for packet in run.packets if packet.fate == "dropped")
    assert fate_words(lost) == "swallowed"
    edges = {(edge.words, edge.is_cut) for edge in topology(run).edges}
    assert ("client \N{RIGHTWARDS ARROW} server", True) in edges
    gulp = next(call for call in run.calls if call.name == "gulp")
    assert gulp.about == "(greedy)"
    brought = [run.packets[number] for number in gulp.packets]
    assert any(packet.source == "server" and packet.length == 5 for packet in brought)
    html = render(run)
    assert "swallow every packet" in html
