"""What came of a step is its own verdict, whatever else stands on its line."""

from pathlib import Path

from lab.evidence.events import End, Raised
from lab.evidence.verdict import Verdict
from lab.report.reading import read
from tests import made_evidence as made

ON_ONE_LINE = """\
title: Two calls on one line
shows: each is judged by itself
hosts: [server, client]
steps: [{on: client, call: gethostname}, {on: client, call: gethostname, gives: other}]
"""


def test_equal_calls_on_one_line_have_each_its_own_verdict(tmp_path: Path) -> None:
    events = [
        *made.start(),
        made.call(10, 0, "client", "gethostname", {}, began_ms=5, result="client"),
        made.call(20, 1, "client", "gethostname", {}, began_ms=15, result="client"),
        made.at(30, End()),
    ]
    run = read(made.write(tmp_path, events, scenario=ON_ONE_LINE))
    assert [call.verdict for call in run.calls] == [Verdict.PASS, Verdict.FAIL]
    assert run.verdict is Verdict.FAIL


def test_step_that_was_not_reached_has_no_verdict(tmp_path: Path) -> None:
    raised = Raised(name="ECONNRESET", errno=104, type="ConnectionResetError", text="x")
    events = [
        *made.start(),
        made.call(10, 0, "client", "gethostname", {}, began_ms=5, raised=raised),
        made.at(30, End()),
    ]
    run = read(made.write(tmp_path, events, scenario=ON_ONE_LINE))
    assert [call.verdict for call in run.calls] == [Verdict.FAIL]
