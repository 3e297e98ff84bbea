"""A thousand mutants of all that the lab reads break nothing: `make fuzz` makes more of them."""

import pytest

from tests.robustness.fuzz import run
from tests.robustness.fuzz.kinds import Kind

COUNTS = run.counts(1_000)


@pytest.mark.parametrize("kind", run.KINDS, ids=lambda kind: kind.NAME)
def test_no_mutant_breaks_the_lab(kind: type[Kind]) -> None:
    if why := kind.why_not():
        pytest.skip(why)
    failures = list(run.run(kind, seed=0, numbers=range(COUNTS[kind.NAME])))
    assert [f"{one.number}: {one.text}\n{one.mutant!r}" for one in failures] == []
