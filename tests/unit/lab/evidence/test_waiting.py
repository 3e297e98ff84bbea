"""The time that a scenario waits for what it does, apart from the lab's own."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lab.evidence.waiting import waited_s


def event(kind: str, ms: int, **more: Any) -> dict[str, Any]:
    times = {key: value * 10**6 for key, value in more.items()}
    return {"kind": kind, "time_ns": ms * 10**6, "step": 0, **times}


def test_calls_programs_and_waits_count_and_what_is_between_does_not() -> None:
    events = [
        event("call", 100, began_ns=10, ended_ns=90),
        event("fault_on", 300),
        event("wait", 400),
        event("program", 1000, began_ns=500, ended_ns=700),
        event("call", 1500),  # it has not returned
    ]
    assert waited_s(events) == (80 + 100 + 200 + 500) / 1000


def test_what_goes_on_at_the_same_time_counts_once() -> None:
    events = [
        event("call", 90, began_ns=20, ended_ns=60),
        event("call", 100, began_ns=10, ended_ns=90),
        event("call", 200, began_ns=80, ended_ns=120),
    ]
    assert waited_s(events) == 0.11


def test_other_events_are_nobodys_waiting() -> None:
    assert waited_s([{"kind": "syslog", "time_ns": 5}, {"kind": "end", "time_ns": 9}]) == 0


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), max_size=20))
def test_it_is_at_most_the_time_from_the_first_start_to_the_last_end(
    spans: list[tuple[int, int]],
) -> None:
    events = [event("call", 0, began_ns=min(span), ended_ns=max(span)) for span in spans]
    moments = {moment for span in spans for moment in range(min(span), max(span))}
    assert round(waited_s(events) * 1000) == len(moments)
