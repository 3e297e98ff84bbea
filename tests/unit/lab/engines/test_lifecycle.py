"""What is refused to a host in a state, and in which words."""

import pytest

from lab.engines import lifecycle


@pytest.mark.parametrize(
    ("verb", "state"),
    [
        *(("pause", "running"), ("resume", "paused"), ("kill", "paused"), ("exec", "running")),
        *(("restart", "exited"), ("restart", "paused"), ("restart", "dead")),
    ],
)
def test_what_can_be_done_is_not_refused(verb: str, state: str) -> None:
    assert lifecycle.refusal("a", verb, state) == ""


@pytest.mark.parametrize(
    ("verb", "state", "way_out"),
    [
        ("pause", "exited", "; lab restart a starts it again"),
        ("exec", "paused", "; lab resume a lets it go on"),
        ("kill", "created", ""),
        ("connect", "dead", ""),
    ],
)
def test_refusal_names_host_verb_state_and_a_way_out(verb: str, state: str, way_out: str) -> None:
    assert lifecycle.refusal("a", verb, state) == f"a: cannot {verb}: it is {state}{way_out}"


@pytest.mark.parametrize("name", ["KILL", "TERM", "USR1", "WINCH"])
def test_signal_that_there_is(name: str) -> None:
    assert lifecycle.no_signal("a", name) == ""


@pytest.mark.parametrize("name", ["", "SIGKILL", "kill", "9", "NONSENSE"])
def test_signal_that_is_none(name: str) -> None:
    assert lifecycle.no_signal("a", name) == f"a: cannot kill: no signal is named {name}"
