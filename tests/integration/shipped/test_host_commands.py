"""`lab pause`, `resume`, `kill`, `restart`, `disconnect` and `connect`, as a person types them."""

from collections.abc import Iterator

import pytest

from lab.api.engine import Engine
from lab.api.lab import Lab
from tests.integration import command
from tests.integration.own_lab import own_lab
from tests.waiting import wait_until

VERBS = ("pause", "resume", "kill", "restart", "disconnect", "connect")


@pytest.fixture
def pair(engine: Engine) -> Iterator[Lab]:
    with own_lab(engine, "pair.yaml") as lab:
        yield lab


def say(lab: Lab, *words: str) -> str:
    """Run a command that is to succeed; return what it printed."""
    done = command.run(words[0], "--lab", lab.name, *words[1:])
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def states(lab: Lab) -> dict[str, str]:
    return {host.name: host.state for host in lab.status().hosts}


def addresses(lab: Lab) -> dict[str, tuple[str, ...]]:
    return {host.name: host.addresses for host in lab.status().hosts}


def test_hosts_are_paused_and_resumed(pair: Lab) -> None:
    assert say(pair, "pause", "left", "right") == "paused: left, right\n"
    assert states(pair) == {"left": "paused", "right": "paused"}
    assert say(pair, "resume", "right") == "resumed: right\n"
    assert states(pair) == {"left": "paused", "right": "running"}


def test_hosts_are_killed_and_restarted(pair: Lab) -> None:
    assert say(pair, "kill", "left") == "killed: left\n"
    assert states(pair) == {"left": "exited", "right": "running"}
    assert say(pair, "restart", "left") == "restarted: left\n"
    assert states(pair) == {"left": "running", "right": "running"}


def test_hosts_get_the_signal_that_is_named(pair: Lab) -> None:
    assert say(pair, "kill", "left", "--signal", "WINCH") == "sent SIGWINCH to: left\n"
    assert states(pair) == {"left": "running", "right": "running"}
    assert say(pair, "kill", "left", "--signal", "sigterm") == "sent SIGTERM to: left\n"
    wait_until(lambda: states(pair)["left"] == "exited", "the end of the host")


def test_hosts_are_disconnected_and_connected_as_they_were(pair: Lab) -> None:
    before = addresses(pair)
    assert say(pair, "disconnect", "left", "right") == "disconnected: left, right\n"
    assert addresses(pair) == {"left": (), "right": ()}
    assert say(pair, "connect", "right", "left") == "connected: right, left\n"
    assert addresses(pair) == before


def test_host_named_twice_is_meant_once(pair: Lab) -> None:
    assert say(pair, "pause", "left", "left") == "paused: left\n"


@pytest.mark.parametrize("verb", VERBS)
def test_unknown_host_is_refused_before_anything_is_done(lab: Lab, verb: str) -> None:
    before = lab.status()
    line = command.refused(command.run(verb, "--lab", lab.name, "client", "nobody"))
    assert line == (
        f"lab {verb}: host 'nobody': not in lab {lab.name}"
        " (its hosts: client, inetd, names, server, syslog)"
    )
    assert lab.status() == before


def test_unknown_signal_is_refused_before_anything_is_done(lab: Lab) -> None:
    done = command.run("kill", "--lab", lab.name, "client", "--signal", "9")
    line = command.refused(done)
    assert line.startswith("lab kill: --signal 9: no signal has this name; try KILL, TERM")
    assert lab.host("client").status().state == "running"


def test_what_was_done_before_a_refusal_is_said(pair: Lab) -> None:
    pair.host("right").pause()
    done = command.run("pause", "--lab", pair.name, "left", "right")
    assert done.returncode == 2
    assert done.stdout == "paused: left\n"
    assert done.stderr == "lab pause: right: cannot pause: it is paused\n"


def test_program_is_not_run_on_a_paused_host(pair: Lab) -> None:
    pair.host("left").pause()
    line = command.refused(command.run("exec", "--lab", pair.name, "left", "true"))
    assert line == "lab exec: left: cannot exec: it is paused; lab resume left lets it go on"


@pytest.mark.parametrize("verb", VERBS)
def test_no_host_at_all_is_bad_usage(verb: str) -> None:
    done = command.run(verb)
    assert done.returncode == 2
    assert f"usage: lab {verb}" in done.stderr
