"""The end of a run, for people."""

import pytest

from lab.evidence.fates import without_own


@pytest.mark.parametrize(
    ("fate", "shown"),
    [
        ("delivered", "delivered"),
        ("delivered: observed by fault a/1 (observe tcp=syn)", "delivered"),
        (
            "delivered: observed by fault a/2 (observe)",
            "delivered: observed by fault a/2 (observe)",
        ),
        (
            "dropped by fault a/3 (drop): observed by fault a/1 (observe)",
            "dropped by fault a/3 (drop)",
        ),
        (
            "delivered 50.1 ms late: observed by fault a/1 (observe); delayed by fault a/4 (x)",
            "delivered 50.1 ms late: delayed by fault a/4 (x)",
        ),
    ],
)
def test_faults_that_only_the_lab_has_set_are_not_named(fate: str, shown: str) -> None:
    assert without_own(fate, {"a/2", "a/3", "a/4"}) == shown
