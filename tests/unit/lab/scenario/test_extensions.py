"""A verb and a subject are one file each: the lab finds all that there is of them there."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from lab import report
from lab.checks.judge import judge
from lab.errors import ScenarioError
from lab.evidence.events import End, StepDone
from lab.evidence.packets import Seen
from lab.evidence.verdict import Verdict, overall
from lab.net.packet import parse
from lab.report.reading import read as read_run
from lab.scenario import steps
from lab.scenario.reader import read
from lab.scenario.schema import schema
from tests import extensions
from tests import made_evidence as made

SCENARIO = """\
title: A greeting
shows: it stands in the evidence
hosts: [server, client]
steps:
  - {on: client, greet: everybody}
  - {expect: {handshakes: client -> server, count: 1}}
"""
SYN_ACK = parse(made.tcp(made.SERVER, made.SYN | made.ACK))


@pytest.fixture(autouse=True)
def _added() -> Iterator[None]:
    with extensions.added():
        yield


def written(folder: Path, text: str) -> Path:
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@cache  # it takes long, and of the same text it says the same
def check(schema: str) -> None:
    Draft202012Validator.check_schema(json.loads(schema))


def step_is_valid(step: dict[str, Any]) -> bool:
    found = schema()
    check(json.dumps(found))
    return Draft202012Validator({"$ref": "#/$defs/step", "$defs": found["$defs"]}).is_valid(step)


def test_the_reader_reads_them(tmp_path: Path) -> None:
    greet, expect = read(written(tmp_path, SCENARIO)).steps
    assert greet.describe() == "client: greet everybody"
    assert expect.describe() == "expect handshakes client -> server"


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ("{on: client, gret: everybody}", "; did you mean greet?"),
        ("{on: client, greet: everybody, politly: true}", "politly: unknown; did you mean polit"),
        ("{on: clint, greet: everybody}", "'clint' is no host; did you mean client?"),
        ("{expect: {handshake: client -> server}}", "handshakes, output"),
        ("{expect: {packets: {link: client -> server}, port: 9}}", "port: is of handshakes, not"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_the_way_out(
    tmp_path: Path, step: str, text: str
) -> None:
    path = written(tmp_path, SCENARIO.replace("{on: client, greet: everybody}", step))
    with pytest.raises(ScenarioError) as refused:
        read(path)
    assert str(refused.value).startswith(f"{path}:5: ")
    assert text in str(refused.value)


@pytest.mark.parametrize(
    ("step", "is_valid"),
    [
        ({"on": "client", "greet": "everybody", "politely": True}, True),
        ({"greet": "everybody"}, False),
        ({"on": "client", "greet": "everybody", "call": "recv"}, False),
        ({"expect": {"handshakes": "client -> server", "port": 9, "count": 1}}, True),
        ({"wait": {"handshakes": "client -> server", "port": 9}}, True),
        ({"expect": {"syslog": "x", "port": 9}}, False),
    ],
)
def test_the_schema_has_them(step: dict[str, Any], *, is_valid: bool) -> None:
    assert step_is_valid(step) is is_valid


@pytest.mark.parametrize(
    ("politely", "packets", "verdict"),
    [(False, 1, Verdict.PASS), (False, 2, Verdict.FAIL), (True, 1, Verdict.FAIL)],
)
def test_the_verdict_judges_by_them(
    tmp_path: Path, packets: int, verdict: Verdict, *, politely: bool
) -> None:
    text = SCENARIO.replace("everybody}", f"everybody, politely: {str(politely).lower()}}}")
    events = [StepDone(step=0, host="client", text="hello, everybody"), End()]
    seen = [Seen("server -> client", SYN_ACK, made.DELIVERED, n) for n in range(packets)]
    assert overall(judge(read(written(tmp_path, text)), events, seen)) is verdict


def test_the_page_shows_them(tmp_path: Path) -> None:
    events = [
        *made.start(),
        made.at(5, StepDone(step=0, host="client", text="hello, everybody")),
        made.at(30, End()),
    ]
    folder = made.write(tmp_path, events, scenario=SCENARIO)
    run = read_run(folder)
    note = next(note for note in run.notes if note.host == "client")
    assert note.text == "client: greet everybody: hello, everybody"
    assert [(one.what, one.expected, one.found) for one in run.judgements] == [
        ("client: greet everybody", "is polite", "hello, everybody"),
        ("expect handshakes client -> server", "1", "1"),
    ]
    page = report.write(folder).read_text(encoding="utf-8")
    assert "client: greet everybody: hello, everybody" in page


def test_without_their_files_there_is_nothing_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert step_is_valid({"on": "client", "greet": "everybody"})
    monkeypatch.setattr(steps, "__path__", steps.__path__[:1])
    assert not step_is_valid({"on": "client", "greet": "everybody"})
    with pytest.raises(ScenarioError, match="a step has one of call"):
        read(written(tmp_path, SCENARIO))
