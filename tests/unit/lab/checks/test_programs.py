"""What programs and hosts have said: of each once, what is known of it at last."""

from typing import Any

from lab.checks import programs


def started(name: str, *argv: str) -> dict[str, Any]:
    return {"kind": "started", "time_ns": 1, "name": name, "host": "server", "argv": [*argv]}


def program(name: str | None, *argv: str, **more: Any) -> dict[str, Any]:
    facts = {"host": "server", "argv": [*argv], "output": "", "errors": "", "exit_status": 0}
    named = {} if name is None else {"name": name}
    return {"kind": "program", "time_ns": 2, **facts, **named, **more}


def test_of_a_program_what_is_known_at_last_is_told_once() -> None:
    events = [
        started("service", "serve"),
        program("service", "serve", pending=True, output="ready\n"),
        program("service", "serve", exit_status=1, output="ready\n", errors="Trace\nKeyError\n"),
    ]
    assert list(programs.lines(events)) == [
        "program serve on server: exit 1",
        *("  ready", "  Trace", "  KeyError"),
    ]


def test_programs_of_the_same_name_are_told_apart() -> None:
    events = [
        *(started("sh", "sh", word) for word in ("one", "two", "one")),
        program("sh", "sh", "two", exit_status=2),
        program("sh", "sh", "one", exit_status=1),
    ]
    assert list(programs.lines(events)) == [
        *("program sh one on server: exit 1", "program sh two on server: exit 2"),
        "program sh one on server: was started",
    ]


def test_what_a_scenario_has_waited_for_is_told_by_its_steps() -> None:
    events = [program(None, "cat", output="x"), started("late", "sleep")]
    assert list(programs.lines(events, begun=True)) == ["program sleep on server: was started"]


def test_only_the_last_lines_are_shown() -> None:
    (_, *shown) = programs.lines([program(None, "seq", output="\n".join(map(str, range(100))))])
    assert shown == [f"  {number}" for number in range(92, 100)]


def test_hosts_are_told_that_have_ended_or_have_said_something() -> None:
    facts = [("one", "running", ""), ("two", "running", "x"), ("three", "exited", "")]
    events = [
        {"kind": "printed", "time_ns": 1, "host": host, "state": state, "output": text}
        for host, state, text in facts
    ]
    assert list(programs.lines(events)) == [
        *("the last lines of two (running):", "  x", "the last lines of three (exited):"),
    ]
