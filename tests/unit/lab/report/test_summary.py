"""The verdict in one sentence."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.evidence.events import CallOutcome, Raised, Start
from lab.report.call_text import duration, returned
from lab.report.reading import read
from lab.report.summary import key_call, verdict_summary
from tests import made_evidence as made

RESET = Raised(name="ECONNRESET", errno=104, type="ConnectionResetError", text="reset")
WAITS = "did not return: it was still waiting when the lab stopped looking, after 1.002 s"


def sentence(folder: Path, expectation: str, **came: Any) -> str:
    scenario = made.SCENARIO.replace("blocks: 1s", expectation)
    events = made.half_open()
    made_calls = [one for one in events if isinstance(one, CallOutcome)]
    at = events.index(next(one for one in made_calls if one.call == "recv"))
    events[at] = made.call(1032, 2, "client", "recv", {"socket": "c"}, began_ms=30, **came)
    return verdict_summary(read(made.write(folder, events, scenario=scenario)))


@pytest.mark.parametrize(
    ("expectation", "came", "said"),
    [
        ("raises: ECONNRESET", {"raised": RESET}, "gave ECONNRESET after 1.002 s, as expected."),
        ("blocks: 1s", {"pending": True}, f"{WAITS}, as expected."),
        (
            "gives: hi",
            {"result": {"text": "hi"}},
            "gave \u201chi\u201d after 1.002 s, as expected, although 1 packet was dropped.",
        ),
        (
            "raises: ECONNRESET",
            {"result": {"text": ""}},
            "gave \u201c\u201d (end of data) after 1.002 s. Expected: raises ECONNRESET.",
        ),
        (
            "raises: ECONNRESET, within: 500ms",
            {"pending": True},
            f"{WAITS}. Expected: raises ECONNRESET within 0.5 s.",
        ),
    ],
)
def test_sentence(tmp_path: Path, expectation: str, came: dict[str, Any], said: str) -> None:
    assert sentence(tmp_path, expectation, **came) == f"client: recv {said}"


def test_what_is_missing_is_in_the_sentence(tmp_path: Path) -> None:
    folder = made.write(tmp_path)
    (folder / "wire.pcapng").unlink()
    said = verdict_summary(read(folder))
    assert said.startswith("Nothing can be said: there is no capture of the packets")


@pytest.mark.parametrize(
    ("nanoseconds", "said"),
    [
        *((340, "0 \u00b5s"), (42_000, "42 \u00b5s"), (310_000, "0.3 ms"), (52_400_000, "52 ms")),
        *((999_400_000, "999 ms"), (999_600_000, "1.000 s")),
        *((1_002_000_000, "1.002 s"), (240_000_000_000, "240 s")),
    ],
)
def test_durations_are_as_exact_as_people_read_them(nanoseconds: int, said: str) -> None:
    assert duration(nanoseconds) == said


def test_results_are_short_and_plain() -> None:
    assert returned(None, {}) == "ok"
    assert returned({"text": "a\nb"}, {}) == "\u201ca\\nb\u201d"
    assert returned({"text": "x" * 3000}, {}) == "3,000 bytes"
    assert returned("10.0.0.1:80", {"10.0.0.1": "server"}) == "server:80"
    assert returned({"length": 70000, "sha256": "00"}, {}) == "70,000 bytes"


def test_of_calls_that_went_well_the_one_that_took_long_tells_most(tmp_path: Path) -> None:
    events = [
        one
        for one in made.half_open()
        if not (isinstance(one, CallOutcome) and one.call in {"connect", "recv"})
    ]
    events[-1:-1] = [
        made.call(1032, 1, "client", "connect", {"as": "c"}, began_ms=30),
        made.call(1035, 2, "client", "recv", {"socket": "c"}, began_ms=1034, result={"text": "hi"}),
    ]
    scenario = made.SCENARIO.replace("blocks: 1s", "gives: hi")
    said = verdict_summary(read(made.write(tmp_path, events, scenario=scenario)))
    assert said == (
        "client: connect returned after 1.002 s, as expected, although 1 packet was dropped."
    )


def test_the_error_that_a_scenario_is_about_is_the_one_that_is_told(tmp_path: Path) -> None:
    scenario = made.SCENARIO.replace("hosts:", "reproduces: [ECONNRESET]\nhosts:")
    scenario = scenario.replace("blocks: 1s", "raises: ECONNRESET")
    scenario += "  - {on: client, call: recv, socket: c, raises: EPIPE}\n"
    events = made.half_open()
    events[-3:-2] = [
        made.call(40, 2, "client", "recv", {"socket": "c"}, began_ms=30, raised=RESET),
        made.call(
            *(50, 3, "client", "recv", {"socket": "c"}),
            began_ms=45,
            raised=replace(RESET, name="EPIPE"),
        ),
    ]
    said = verdict_summary(read(made.write(tmp_path, events, scenario=scenario)))
    assert said == "client: recv gave ECONNRESET after 10 ms, as expected."


@pytest.mark.parametrize(
    ("found", "is_key"),
    [("ConnectionResetError: [Errno 104] reset", True), ("assert 1 == 2", False)],
)
def test_the_call_that_a_test_did_not_survive_is_marked(
    tmp_path: Path, found: str, is_key: bool
) -> None:
    name = "test_x.py::test_it"
    events = made.changed(made.half_open(), Start, test=name)
    events[-1:-1] = [made.call(1045, None, "client", "recv", {}, began_ms=1044, raised=RESET)]
    folder = made.write(tmp_path, events, scenario=None)
    judgement = {"line": 3, "what": name, "expected": "passes", "found": found, "verdict": "FAIL"}
    verdict = {"verdict": "FAIL", "judgements": [judgement]}
    (folder / "verdict.json").write_text(json.dumps(verdict), encoding="utf-8")
    key = key_call(read(folder))
    assert (key is not None and key.error == "ECONNRESET") is is_key
