"""A packet's fate: written as data and read back as the same value; and its words for people."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.net.fate import FATES, KINDS, Action, Fate, Record, decode, encode

DROP = Action("server/3", "drop", "drop tcp=syn first=1", "dropped")
DELAY = Action("server/2", "delay", "delay delay_ms=50", "delayed 50.000 ms")
REJECT = Action("server/7", "reject", "reject", "rejected", "port-unreachable")
OVER = Action("server/5", "rate", "rate rate_bps=800", "dropped", "the queue is full")

actions = st.builds(Action, *[st.text(max_size=8)] * 5)
fates = st.builds(
    Fate,
    st.sampled_from(KINDS),
    st.integers(0, 10**18),
    st.integers(0, 100),
    st.booleans(),
    st.lists(actions, max_size=3).map(tuple),
    st.lists(st.text(max_size=8), max_size=2).map(tuple),
)
hosts = st.text("abc-1", min_size=1, max_size=4)
links = st.tuples(hosts, hosts) | st.just(("", ""))


@given(links, fates)
def test_what_is_written_is_read_back(link: tuple[str, str], fate: Fate) -> None:
    record = Record(*link, fate)
    assert decode(encode(record)) == record


def test_layout() -> None:
    """Other programs may read it: a change of it is another version."""
    delivered = b'{"socket-lab":1,"from":"client","to":"server"}'
    assert encode(Record("client", "server", Fate())) == delivered
    late = Fate(late_ns=50_103_000, duplicates=1, is_changed=True, actions=(DELAY, REJECT))
    assert json.loads(encode(Record("", "", late))) == {
        "socket-lab": 1,
        "late_ns": 50_103_000,
        "duplicates": 1,
        "is_changed": True,
        "actions": [
            {
                "fault": "server/2",
                "impairment": "delay",
                "settings": "delay delay_ms=50",
                "what": "delayed 50.000 ms",
            },
            {
                "fault": "server/7",
                "impairment": "reject",
                "settings": "reject",
                "what": "rejected",
                "reason": "port-unreachable",
            },
        ],
    }


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"[]", b"1", b"{}", b"\xff", b'{"socket-lab":1,"kind":"lost"}'),
        *(b'{"socket-lab":2}', b'{"socket-lab":1,"more":0}', b'{"socket-lab":1,"actions":[{}]}'),
    ],
)
def test_what_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(data)


@given(fates)
def test_words_are_of_the_one_table(fate: Fate) -> None:
    assert set(fate.words) <= set(FATES)
    assert fate.words[0] == fate.kind


@pytest.mark.parametrize(
    ("fate", "text", "words"),
    [
        (Fate(), "delivered", ["delivered"]),
        (Fate("held"), "still held", ["held"]),
        (
            Fate("dropped", actions=(DROP,)),
            "dropped by fault server/3 (drop tcp=syn first=1)",
            ["dropped"],
        ),
        (
            Fate("dropped", actions=(DELAY, REJECT), answers=("an ICMP error",)),
            "not delivered: rejected: port-unreachable by fault server/7 (reject): "
            "delayed 50.000 ms by fault server/2 (delay delay_ms=50); answered with an ICMP error",
            ["dropped"],
        ),
        (
            Fate("dropped", actions=(DELAY, OVER)),
            "dropped by fault server/5 (rate rate_bps=800): the queue is full: "
            "delayed 50.000 ms by fault server/2 (delay delay_ms=50)",
            ["dropped"],
        ),
        (
            Fate(late_ns=50_103_000, duplicates=2, is_changed=True, actions=(DELAY,)),
            "delivered 50.1 ms late changed 3 times: "
            "delayed 50.000 ms by fault server/2 (delay delay_ms=50)",
            ["delivered", "late", "changed", "duplicate"],
        ),
    ],
)
def test_text(fate: Fate, text: str, words: list[str]) -> None:
    assert fate.text == text
    assert list(fate.words) == words
    assert Record("client", "server", fate).comment == f"client -> server: {text}"
