"""What is said after several runs."""

from pathlib import Path

from lab.commands.run_screen import summary_lines
from lab.evidence.verdict import Verdict
from lab.runner.run import Outcome


def outcome(name: str, verdict: Verdict) -> Outcome:
    folder = Path("results") / name
    return Outcome(
        folder=folder,
        scenario=name,
        engine="namespaces",
        seed=1,
        verdict=verdict,
        took_s=0.1,
        file=f"{name}.yaml",
    )


def test_of_each_that_ran_more_than_once_it_is_said_whether_it_is_flaky() -> None:
    runs = [outcome("steady", Verdict.PASS) for _ in range(20)]
    runs += [outcome("shaky", Verdict.PASS) for _ in range(18)]
    runs += [outcome("shaky", Verdict.FAIL) for _ in range(2)]
    runs += [outcome("once", Verdict.UNKNOWN)]
    assert [line.plain for line in summary_lines(runs)] == [
        "steady: 20 of 20 PASS",
        "shaky: flaky: 18 PASS, 2 FAIL",
        "41 runs: 38 PASS, 2 FAIL, 1 UNKNOWN",
    ]
