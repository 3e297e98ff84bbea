"""Scenario files: what is read, and each mistake with its line and a way out."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.errors import ScenarioError
from lab.scenario import catalogue
from lab.scenario.model import CallStep, ExpectStep, LiftStep, WireFaultStep
from lab.scenario.reading import read

HEAD = "title: A title\nshows: what it shows\nhosts: [server, client]\nsteps:\n"
LISTEN = "  - {on: server, call: listen, as: door, port: 21567}\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_scenario_is_its_steps_in_order(tmp_path: Path) -> None:
    steps = (
        LISTEN
        + "  - {fault: drop, link: client -> server, tcp: syn, first: 1, as: loss}\n"
        + '  - {on: client, call: connect, as: c, to: "server:21567", after: 900ms, within: 5s}\n'
        + "  - {lift: loss, acted: 1}\n"
        + "  - {expect: {packets: {link: client -> server, tcp: syn}, count: 2}}\n"
    )
    scenario = read(written(tmp_path, HEAD + steps))
    assert (scenario.name, scenario.hosts, scenario.seed) == ("scenario", ("server", "client"), 1)
    listen, fault, connect, lift, expect = scenario.steps
    assert isinstance(listen, CallStep)
    assert listen.line == 5
    assert isinstance(fault, WireFaultStep)
    assert (fault.links, fault.asked) == ((("client", "server"),), {"tcp": "syn", "first": 1})
    assert isinstance(connect, CallStep)
    assert (connect.expected.after_s, connect.expected.within_s) == (0.9, 5.0)
    assert isinstance(lift, LiftStep)
    assert lift.acted == 1
    assert isinstance(expect, ExpectStep)
    assert expect.condition.count == 2


@pytest.mark.parametrize("path", catalogue.paths(), ids=lambda path: path.stem)
def test_the_catalogue_can_be_read(path: Path) -> None:
    scenario = read(path)
    assert scenario.shows
    assert scenario.reproduces


def test_names_of_the_catalogue_are_unique() -> None:
    names = [path.stem for path in catalogue.paths()]
    assert len(names) == len(set(names)) >= 45


@pytest.mark.parametrize(
    ("step", "line"),
    [
        (
            "  - {on: clint, call: listen, as: d, port: 1}",
            "on: 'clint' is no host; did you mean cl",
        ),
        ("  - {on: client, call: recvv, socket: c}", "'recvv' is no call; did you mean recv?"),
        ("  - {on: client, call: recv, socket: c}", "'c': client has no such socket yet"),
        (
            "  - {on: server, call: accept, sockt: door, as: s}",
            "sockt: unknown; did you mean socket",
        ),
        ("  - {fault: drop, link: client -> server, probability: 1.5}", "must be a number from 0"),
        ("  - {fault: drop, link: client - server}", "must be a link like client -> server"),
        ("  - {fault: explode, on: server}", "'explode' is no fault"),
        ("  - {lift: nothing}", "'nothing' is not in force"),
        ("  - {collect: nothing}", "nothing of that name is under way"),
        ("  - {on: server, call: accept, socket: door, as: s, within: 5}", "must be text"),
        ("  - {on: server, call: accept, socket: door, as: s, within: soon}", "a duration like"),
        (
            "  - {on: server, call: accept, socket: door, as: s, gives: x, raises: E}",
            "beside gives",
        ),
        ("  - {expect: {fault: loss, acted: 1}}", "no fault of the wire has that name"),
        ("  - {wait: {syslog: '('}}", "is no regular expression"),
        ("  - {expect: {syslog: x, count: 0}}", "no host here has a syslog"),
        ("  - {expect: {output: x, ident: y}}", "ident: is of syslog, not of output"),
        ("  - {on: server, sysctl: {kernel.panic: 1}}", "only net.* is a host's own"),
        ("  - hello", "a step must be a mapping"),
        ("  - {on: server}", "a step has one of call, run"),
        ("  - {on: server, on: client, call: recv}", "stands here twice"),
    ],
)
def test_a_wrong_step_is_named_with_its_line(tmp_path: Path, step: str, line: str) -> None:
    path = written(tmp_path, HEAD + LISTEN + step + "\n")
    with pytest.raises(ScenarioError) as refused:
        read(path)
    text = str(refused.value)
    number = 4 if step == "  - hello" else 6
    assert text.startswith(f"{path}:{number}: ")
    assert line in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "must be a mapping"),
        ("title: [", "not YAML"),
        ("title: x\n", "shows: is missing"),
        ("title: x\nshows: y\nsteps: []\n", "hosts or compose: give one of them"),
        ("title: x\nshows: y\nhosts: [a]\nsteps: []\n", "must have at least one step"),
        ("title: x\nshows: y\nhosts: [A B]\nsteps: [x]\n", "must be a host name"),
        ("title: x\nshows: y\ncompose: none.yaml\nsteps: [x]\n", "No such file"),
        ("title: x\nshows: y\nhosts: [a]\nstep: [x]\n", "did you mean steps?"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        read(written(tmp_path, text))
    assert line in str(refused.value)


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "  - {lift: one}\n" + LISTEN + "  - {lift: two}\n")
    with pytest.raises(ScenarioError) as refused:
        read(path)
    assert [line.split(":")[1] for line in str(refused.value).splitlines()] == ["5", "7"]


@given(
    st.text(alphabet="{}[]:,-> \n\tabcdefghijklmnopqrstuvwxyz0123456789'\"&*!%@`|", max_size=200)
)
def test_any_text_is_a_scenario_or_refused(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    with contextlib.suppress(ScenarioError):
        assert read(path).steps
