"""Captures from before fates were data: their comments stand for the same values.

`tests/data/before-fates-were-data` is a run of commit b49f9ae, with every impairment but observe
and reorder asked for.
"""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.evidence import folders, old_comments
from lab.evidence.pcapng import Record, read
from lab.evidence.verdict import Verdict
from lab.net import fate
from lab.net.fate import Fate
from lab.runner.run import verify
from tests.unit.lab.net.test_fate import DELAY, DROP, OVER, REJECT

BEFORE = Path(__file__).parents[3] / "data" / "before-fates-were-data"
OBSERVED = fate.Action("server/1", "observe", "observe", "observed", "idle for 7 ms")


def records() -> list[Record]:
    return [one for one in read(BEFORE / folders.CAPTURE) if isinstance(one, Record)]


def test_every_comment_of_a_real_capture_is_understood_whole() -> None:
    for one in records():
        again = fate.Record(one.source, one.target, one.fate)
        assert again.comment == one.comment


def test_fates_of_a_real_capture() -> None:
    found = Counter(one.fate.words for one in records() if one.interface == 0)
    assert found == {
        ("delivered",): 11,
        ("delivered", "late"): 2,
        ("delivered", "late", "changed"): 1,
        ("delivered", "changed"): 1,
        ("delivered", "duplicate"): 1,
        ("dropped",): 5,
    }
    endings = {one.fate.ending.impairment for one in records() if one.fate.ending}
    assert endings == {"drop", "mtu", "rate", "reject"}


def test_a_run_from_before_is_still_judged() -> None:
    assert verify(BEFORE).verdict is Verdict.PASS


@pytest.mark.parametrize("link", [("client", "server"), ("", "")])
@given(
    st.sampled_from([(), (DELAY,), (OBSERVED,), (OBSERVED, DELAY)]),
    st.sampled_from([None, DROP, OVER, REJECT]),
    st.sampled_from([(), ("an ICMP error",)]),
)
def test_other_comments(
    link: tuple[str, str],
    before: tuple[fate.Action, ...],
    ending: fate.Action | None,
    answers: tuple[str, ...],
) -> None:
    kind = fate.DROPPED if ending else fate.DELIVERED
    actions = (*before, ending) if ending else before
    record = fate.Record(*link, Fate(kind, actions=actions, answers=answers))
    assert old_comments.read(record.comment) == record


def test_held() -> None:
    record = fate.Record("client", "server", Fate(fate.HELD, actions=(DELAY,)))
    assert old_comments.read(record.comment) == record
