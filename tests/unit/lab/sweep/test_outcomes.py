"""What became of a run is told from what becomes of a clean one."""

import pytest

from lab.errors import UsageError
from lab.evidence.verdict import Verdict
from lab.sweep.observed import Observed
from lab.sweep.outcomes import Baseline, OutcomeKind
from tests.unit.lab.sweep.made import client, observed, server

TRACEBACK = "Traceback (most recent call last):\n  ...\nOSError: [Errno 5] broken\n"
CLEAN = Baseline([observed(), observed(), observed()], again=False)
AGAIN = Baseline([observed(client(), client(name="2"), server())] * 3, again=True)
K = OutcomeKind


@pytest.mark.parametrize(
    ("run", "kind", "program"),
    [
        (observed(), K.SAME, ""),
        (observed(client(took_s=0.6), server()), K.LATE, "client"),
        (observed(client(1, "", errors="no answer\n"), server()), K.ERROR, "client"),
        (observed(client(1, "", errors=TRACEBACK), server()), K.CRASH, "client"),
        (observed(client(139, ""), server()), K.CRASH, "client"),
        (observed(client(None, "")), K.HANG, "client"),
        (observed(client(0, "4"), server()), K.WRONG_OUTPUT, "client"),
        (observed(client(), server("served\nserved\n")), K.WRONG_OUTPUT, "server"),
        (observed(client(), server("")), K.WRONG_OUTPUT, "server"),
        # Who has failed need not have been served.
        (observed(client(1, "", errors="no\n"), server("")), K.ERROR, "client"),
        (observed(client(), server(status=0)), K.CRASH, "server"),
        (observed(client(), server(status=1, errors=TRACEBACK)), K.CRASH, "server"),
        (observed(client(), server(errors=TRACEBACK)), K.CRASH, "server"),
        (observed(syns=22), K.FLOOD, ""),
        (observed(syns=21), K.SAME, ""),
        (observed(verdict=Verdict.UNKNOWN, failed="3: evidence"), K.UNCLEAR, ""),
        (observed(server(), verdict=Verdict.FAIL, failed="7: wait"), K.ERROR, ""),
        (observed(verdict=Verdict.FAIL, failed="7: expect"), K.ERROR, ""),
    ],
)
def test_the_worst_that_can_be_said_of_a_run(run: Observed, kind: K, program: str) -> None:
    found = CLEAN.outcome(run)
    assert (found.kind, found.program) == (kind, program)


def test_a_second_exchange_that_fails_is_of_a_server_that_is_deaf() -> None:
    good = observed(client(1, "", errors="lost\n"), client(name="2"), server())
    assert AGAIN.outcome(good).kind is K.ERROR
    for second in (client(None, "", name="2"), client(1, "", name="2"), client(0, "4", name="2")):
        assert AGAIN.outcome(observed(client(), second, server())).kind is K.DEAF


def test_output_that_varies_by_itself_proves_nothing() -> None:
    runs = [observed(client(0, text), server()) for text in ("1", "2", "3")]
    baseline = Baseline(runs, again=False)
    assert baseline.varying == ["client"]
    assert baseline.outcome(observed(client(0, "4"), server())).kind is K.SAME


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (
            observed(client(None, ""), verdict=Verdict.FAIL, failed="9: client: ends"),
            "without any fault the run is FAIL (9: client: ends)",
        ),
        (
            observed(client(1, "", errors=TRACEBACK)),
            "without any fault client crashes: OSError: [Errno 5] broken",
        ),
    ],
)
def test_without_a_good_clean_run_there_is_no_baseline(run: Observed, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        Baseline([observed(), run], again=False)
    assert str(refused.value) == said


def test_clean_runs_must_run_the_same_programs() -> None:
    with pytest.raises(UsageError, match="the clean runs are not alike: server"):
        Baseline([observed(), observed(client())], again=False)


def test_how_late_it_was() -> None:
    found = CLEAN.outcome(observed(client(took_s=1.1), server()))
    assert found.late_s == pytest.approx(1.0)
    assert found.detail == "1.00 s later"
