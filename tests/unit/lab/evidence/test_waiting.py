"""The time that a scenario waits for what it does, apart from the lab's own."""

from hypothesis import given
from hypothesis import strategies as st

from lab.evidence.events import (
    CallOutcome,
    End,
    FaultOn,
    ProgramOutcome,
    SyslogLine,
    WaitOutcome,
)
from lab.evidence.waiting import waited_s


def call(ms: int, began_ms: int | None = None, ended_ms: int | None = None) -> CallOutcome:
    began_ns = None if began_ms is None else began_ms * 10**6
    ended_ns = None if ended_ms is None else ended_ms * 10**6
    time_ns = ms * 10**6
    return CallOutcome(
        time_ns=time_ns, step=0, host="h", call="recv", began_ns=began_ns, ended_ns=ended_ns
    )


def test_calls_programs_and_waits_count_and_what_is_between_does_not() -> None:
    events = [
        call(100, 10, 90),
        FaultOn(time_ns=300 * 10**6, step=0, name="loss", impairment="drop"),
        WaitOutcome(time_ns=400 * 10**6, step=0, held=True, count=1, unit="lines"),
        ProgramOutcome(
            time_ns=1000 * 10**6,
            step=0,
            host="h",
            argv=("x",),
            began_ns=500 * 10**6,
            ended_ns=700 * 10**6,
            exit_status=0,
        ),
        call(1500),  # it has not returned
    ]
    assert waited_s(events) == (80 + 100 + 200 + 500) / 1000


def test_what_goes_on_at_the_same_time_counts_once() -> None:
    events = [
        call(90, 20, 60),
        call(100, 10, 90),
        call(200, 80, 120),
    ]
    assert waited_s(events) == 0.11


def test_other_events_are_nobodys_waiting() -> None:
    assert waited_s([SyslogLine(time_ns=5, host="h", message="x"), End(time_ns=9)]) == 0


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), max_size=20))
def test_it_is_at_most_the_time_from_the_first_start_to_the_last_end(
    spans: list[tuple[int, int]],
) -> None:
    events = [call(0, min(span), max(span)) for span in spans]
    moments = {moment for span in spans for moment in range(min(span), max(span))}
    assert round(waited_s(events) * 1000) == len(moments)
