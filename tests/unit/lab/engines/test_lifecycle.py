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
    assert lifecycle.signal_refusal("a", name) == ""


@pytest.mark.parametrize("name", ["", "SIGKILL", "kill", "9", "NONSENSE"])
def test_signal_that_is_none(name: str) -> None:
    assert lifecycle.signal_refusal("a", name) == f"a: cannot kill: no signal is named {name}"


# What a person can do to a host, in which states of its life: the table, read the other way round.
ALLOWED = {
    "pause": {"running"},
    "resume": {"paused"},
    "kill": {"running", "paused"},
    "exec": {"running"},
    "call": {"running"},
    "disconnect": {"running", "paused"},
    "connect": {"running", "paused"},
    "restart": {"created", "running", "paused", "restarting", "exited", "removing", "dead"},
}
STATES = tuple(lifecycle.TRANSITIONS)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("command", ALLOWED)
def test_a_command_is_refused_in_all_states_but_these(command: str, state: str) -> None:
    assert (lifecycle.refusal("a", command, state) == "") is (state in ALLOWED[command])


@pytest.mark.parametrize(
    ("state", "events"),
    [
        ("created", {"start": "running", "exit": "exited"}),
        ("running", {"pause": "paused", "exit": "exited"}),
        # What makes the processes of a paused host go on, resumes it.
        ("paused", dict.fromkeys(("resume", "kill", "stop", "restart"), "running")),
        ("paused", {"exit": "exited"}),
        ("restarting", {"start": "running", "exit": "exited", "stop": "exited"}),
        ("exited", {"restart": "created"}),
    ],
)
def test_an_event_leads_to_another_state(state: str, events: dict[str, str]) -> None:
    assert {event: lifecycle.after(state, event) for event in events} == events


def test_no_other_event_leads_anywhere() -> None:
    leads_on = {
        (state, event)
        for state, events in lifecycle.TRANSITIONS.items()
        for event, to in events.items()
        if to != state
    }
    assert leads_on == {
        *(("created", event) for event in ("start", "exit")),
        *(("running", event) for event in ("pause", "exit")),
        *(("paused", event) for event in ("resume", "kill", "stop", "restart", "exit")),
        *(("restarting", event) for event in ("start", "exit", "stop")),
        ("exited", "restart"),
    }


@pytest.mark.parametrize(
    ("state", "event"),
    [
        *(("exited", event) for event in ("resume", "pause", "exit", "start")),
        # It is told to go on before it is told to end, whatever its state is.
        ("created", "resume"),
        ("running", "resume"),
        ("unheard-of", "exit"),
    ],
)
def test_a_report_that_comes_too_late_changes_nothing(state: str, event: str) -> None:
    assert lifecycle.after(state, event) == state


def test_every_state_but_a_dead_one_can_be_left() -> None:
    for state, events in lifecycle.TRANSITIONS.items():
        final = state in {"removing", "dead"}  # Docker lets go of these by itself
        assert (set(events.values()) - {state} == set()) is final


def test_states_are_those_that_docker_has() -> None:
    # `docker container ls --filter status=...`
    known = {"created", "restarting", "running", "removing", "paused", "exited", "dead"}
    assert set(STATES) == known
    assert {to for events in lifecycle.TRANSITIONS.values() for to in events.values()} <= known


@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        ("connected", {"disconnect"}),
        ("disconnected", {"connect"}),
        ("being connected", set()),
        ("on no network", set()),
    ],
)
def test_a_host_is_disconnected_when_connected_and_connected_when_not(
    state: str, allowed: set[str]
) -> None:
    for command in ("connect", "disconnect"):
        why = "" if command in allowed else f"a: cannot {command}: it is {state}"
        assert lifecycle.network_refusal("a", command, state) == why


@pytest.mark.parametrize("command", ["exec", "call"])
def test_a_host_that_is_paused_is_resumed_before_it_is_used(command: str) -> None:
    why = f"a: cannot {command}: it is paused; lab resume a lets it go on"
    assert lifecycle.refusal("a", command, "paused") == why
    assert "lets it go on" not in lifecycle.refusal("a", "pause", "paused")
