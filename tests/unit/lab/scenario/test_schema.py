"""The schema of scenario files: it is the reader's own, so it takes what that takes."""

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from lab.errors import ParseError, ScenarioError
from lab.scenario import catalogue, steps
from lab.scenario.hosts import Hosts
from lab.scenario.reader import read
from lab.scenario.reading import Reading
from lab.scenario.schema import schema
from lab.scenario.yaml import load

ROOT = Path(__file__).parents[4]
FILES = [*catalogue.paths(), *sorted((ROOT / "tests" / "negative").glob("*.yaml"))]
SCHEMA = schema()
WHOLE = Draft202012Validator(SCHEMA)
STEP = Draft202012Validator({"$ref": "#/$defs/step", "$defs": SCHEMA["$defs"]})
# In place of each value: of every kind, and such as are nearly right.
OTHERS: tuple[Any, ...] = (
    *(None, True, -1, 2, 2.5, "", "x", "5", "5s", "client", "client -> server", [], ["x"], [2]),
    *([None], {}, {"x": "y"}, {"hex": "0g"}, {"hex": " 00  ff"}, {"repeat": "x", "times": True}),
    *({"text": "x"}, {"net.x": None}, {"net.x": 1}, {"syslog": "x"}, {"count": 1}, [["x"], ["y"]]),
)


def test_the_one_in_docs_is_fresh() -> None:
    text = (ROOT / "docs" / "scenario.schema.json").read_text(encoding="utf-8")
    assert json.loads(text) == json.loads(json.dumps(SCHEMA)), "lab schema > docs/..., please"


def test_it_is_a_schema_and_explains_every_key() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    bare = [where for where, one in _keys_of(SCHEMA, "") if not _is_explained(one)]
    assert bare == []


def _keys_of(part: Any, where: str) -> Iterator[tuple[str, Any]]:
    if isinstance(part, dict):
        for name, one in part.get("properties", {}).items():
            yield f"{where}/{name}", one
        for name, one in part.items():
            if name not in {"if", "dependentSchemas", "default"}:
                yield from _keys_of(one, f"{where}/{name}")


def _is_explained(one: Any) -> bool:
    # True: a table that many share has it, and explains it there. The parts of {hex: 00ff} are
    # explained where that stands.
    return one is True or "description" in one or one.get("type") in {"string", "integer"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_takes_every_scenario_that_there_is(path: Path) -> None:
    found = [f"{error.json_path}: {error.message}" for error in WHOLE.iter_errors(plain(path))]
    assert found == []


@cache
def plain(path: Path) -> dict[str, Any]:
    return load(path, path.read_text(encoding="utf-8")).plain()


def changed(whole: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a mapping with each key missing, with each value another, with one key too many."""
    yield {**whole, "unknown": 1}
    for key, value in whole.items():
        yield {name: one for name, one in whole.items() if name != key}
        for other in OTHERS:
            yield {**whole, key: other}
        for part in changed(value) if isinstance(value, dict) else ():
            yield {**whole, key: part}


def test_what_it_refuses_of_a_file_the_reader_refuses(tmp_path: Path) -> None:
    path = tmp_path / "changed.yaml"
    counted = 0
    for whole in changed({**plain(catalogue.find("refused")), "seed": 3, "reproduces": ["a", "b"]}):
        path.write_text(json.dumps(whole), encoding="utf-8")
        try:
            read(path)
        except ScenarioError:
            counted += counted <= 50 and not WHOLE.is_valid(whole)  # to ask takes its time
        else:
            assert WHOLE.is_valid(whole), whole
    assert counted > 50


@cache
def kinds_of_steps() -> dict[str, tuple[Reading, list[dict[str, Any]], dict[str, Any]]]:
    """Return of each kind of step (by verb, call or fault) those with the most keys, and before."""
    found: dict[str, tuple[Reading, list[dict[str, Any]], dict[str, Any]]] = {}
    for path in FILES:
        scenario = read(path)
        listed = plain(path)["steps"]
        for number, step in enumerate(listed):
            verb = next(key for key in step if key in steps.table())
            inner = step[verb] if isinstance(step[verb], str) else "".join(step[verb])
            kind = f"{verb} {inner if verb in {'call', 'fault', 'wait', 'expect'} else ''}"
            if kind not in found or len(step) > len(found[kind][2]):
                traced = plain(path).get("trace", [])
                names = frozenset([traced] if isinstance(traced, str) else traced)
                reading = Reading(Hosts.of(scenario.hosts), traced=names)
                found[kind] = reading, listed[:number], step
    return found


@pytest.mark.parametrize("kind", sorted(kinds_of_steps()))
def test_what_it_refuses_of_a_step_the_reader_refuses(kind: str) -> None:
    begun, before, step = kinds_of_steps()[kind]
    reading = copy.deepcopy(begun)
    for one in before:
        assert is_read(one, reading)
    assert is_read(step, copy.deepcopy(reading))
    assert STEP.is_valid(step)
    counted = 0
    for other in changed(step):
        if is_read(other, copy.deepcopy(reading)):
            assert STEP.is_valid(other), other
        else:
            counted += counted <= 5 and not STEP.is_valid(other)  # to ask takes its time
    assert counted > 5


def is_read(step: dict[str, Any], reading: Reading) -> bool:
    try:
        steps.read(load(Path("step.yaml"), json.dumps(step)), 1, reading)
    except ParseError:
        return False
    return True


@pytest.mark.parametrize(
    "step",
    [
        {"on": "a", "call": "recv", "sockt": "c"},
        {"on": "a", "call": "recvv", "socket": "c"},
        {"on": "a", "call": "recv"},
        {"on": "a", "call": "recv", "socket": "c", "within": 5},
        {"on": "a", "call": "recv", "socket": "c", "gives": "x", "raises": "ECONNRESET"},
        {"on": "a", "call": "recv", "socket": "c", "blocks": "1s", "within": "2s"},
        {"on": "a", "call": "recv", "socket": "c", "blocks": "1s", "after": "2s"},
        {"on": "a", "run": "cat", "blocks": "1s", "after": "2s"},
        {"on": "a", "run": "cat", "blocks": "1s", "exit": 0},
        {"on": "a", "run": "env", "environment": ["A"]},
        {"on": "a", "run": "cat", "keep_open": True},
        {"send": "p"},
        {"send": "p", "input": ""},
        {"send": "p", "close": False},
        {"send": "p", "input": "x", "on": "a"},
        {"on": "a", "call": "recv", "socket": "c", "later": "r", "gives": "x"},
        {"on": "a", "call": "connect", "to": "b:1"},
        {"on": "a", "call": "connect", "to": "b:1", "as": "c", "socket": "d"},
        {"on": "a", "call": "recv", "socket": "c", "run": "true"},
        {"on": "a"},
        {"fault": "explode", "on": "a"},
        {"fault": "delay", "link": "a -> b"},
        {"fault": "drop", "link": "a -> b", "delay_ms": 5},
        {"fault": "drop", "link": "a - b"},
        {"fault": "drop", "link": "a -> b", "probability": 1.5},
        {"fault": "kill", "on": "a", "as": "death"},
        {"on": "a", "sysctl": {"kernel.panic": 1}},
        {"wait": {"fault": "loss", "acted": 1}},
        {"expect": {"syslog": "x", "count": 1, "at_least": 1}},
        {"expect": {"packets": {"link": "a -> b", "fate": "lost"}}},
        {"expect": {"output": "x", "on": "a"}},
        {"expect": {"output": "x", "raises": "EPIPE"}},
        {"expect": {"calls": {"call": "connect"}}},
        {"expect": {"calls": {"on": "a", "call": "conect"}}},
        {"expect": {"calls": {"on": "a", "to": "b:1", "peer": "b:1"}}},
        {"expect": {"calls": {"on": "a"}, "raises": "EPIPE", "gives": 0}},
        {"expect": {"calls": {"on": "a"}, "gives": 0, "gives_at_least": 0}},
        {"wait": {"calls": {"on": "a"}, "within": 5}},
    ],
    ids=str,
)
def test_it_tells_an_editor_what_is_wrong(step: dict[str, Any]) -> None:
    assert not STEP.is_valid(step)
