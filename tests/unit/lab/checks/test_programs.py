"""What programs and hosts have said: of each once, what is known of it at last."""

from lab.checks import programs
from lab.evidence.events import LastOutput, ProgramOutcome, ProgramStarted


def started(name: str, *argv: str) -> ProgramStarted:
    return ProgramStarted(time_ns=1, name=name, host="server", argv=argv)


def program(
    name: str | None,
    *argv: str,
    exit_status: int | None = 0,
    output: str = "",
    errors: str = "",
) -> ProgramOutcome:
    return ProgramOutcome(
        time_ns=2,
        name=name,
        host="server",
        argv=argv,
        began_ns=1,
        ended_ns=None if exit_status is None else 2,
        exit_status=exit_status,
        output=output,
        errors=errors,
    )


def test_of_a_program_what_is_known_at_last_is_told_once() -> None:
    events = [
        started("service", "serve"),
        program("service", "serve", exit_status=None, output="ready\n"),
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
    events = [LastOutput(host=host, state=state, output=text) for host, state, text in facts]
    assert list(programs.lines(events)) == [
        *("the last lines of two (running):", "  x", "the last lines of three (exited):"),
    ]
