"""The end of a run, for people."""

import pytest

from lab.net.fate import Fate
from tests.made_evidence import action

OWN = action("observed", "observe tcp=syn", "a/1")
ASKED = action("observed", "observe", "a/2")
DROP = action("dropped", "drop", "a/3")
DELAY = action("delayed", "x", "a/4")


@pytest.mark.parametrize(
    ("fate", "shown"),
    [
        (Fate(), "delivered"),
        (Fate(actions=(OWN,)), "delivered"),
        (Fate(actions=(ASKED,)), "delivered: observed by fault a/2 (observe)"),
        (Fate("dropped", actions=(OWN, DROP)), "dropped by fault a/3 (drop)"),
        (
            Fate(late_ns=50_100_000, actions=(OWN, DELAY)),
            "delivered 50.1 ms late: delayed by fault a/4 (x)",
        ),
    ],
)
def test_faults_that_only_the_lab_has_set_are_not_named(fate: Fate, shown: str) -> None:
    assert fate.without_observers({"a/2", "a/3", "a/4"}).text == shown
