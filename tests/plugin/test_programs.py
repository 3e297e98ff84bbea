"""Programs that a test runs on hosts: input in stages, their end, and what is kept of both."""

from typing import TypeVar

import pytest

from lab.engines import choice
from lab.evidence import event_file
from lab.evidence.events import (
    Event,
    HostOutput,
    ProgramInput,
    ProgramOutcome,
    TraceOff,
    TraceOn,
)
from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

E = TypeVar("E", bound=Event)

on_both = pytest.mark.parametrize("project", choice.NAMES, indirect=True)


def events(project: Project, test: str, kind: type[E]) -> list[E]:
    """Return the events of a class that a test has left."""
    folder = project.path / "results" / f"test_time.{test}" / "001"
    return [one for one in event_file.read(folder) if isinstance(one, kind)]


@on_both
def test_input_comes_in_stages_and_is_kept(project: Project) -> None:
    project.tests("""
def test_types(lab):
    with lab.host("client").start(["cat"]) as program:
        for text in ("half a ", b"line\\n"):
            program.write(text)
        assert program.process.stdout.readline() == b"half a line\\n"
        program.close_stdin()
        program.close_stdin()
        assert program.process.stdout.read() == b""
        assert program.process.wait(20) == 0
""")
    project.run("--lab-keep").assert_outcomes(passed=1)
    given = events(project, "test_types", ProgramInput)
    assert [(one.host, one.name, one.data, one.close) for one in given] == [
        ("client", "cat", {"text": "half a "}, False),
        ("client", "cat", {"text": "line\n"}, False),
        ("client", "cat", None, True),
    ]
    assert given == sorted(given, key=lambda one: one.time_ns)


@on_both
def test_input_for_a_program_that_has_ended_is_an_error_of_the_tests_own_line(
    project: Project,
) -> None:
    project.tests("""
def test_types(lab):
    program = lab.host("client").start(["sh", "-c", "read line; exit 3"])
    program.write("go\\n")
    program.process.wait(20)
    program.write("more\\n")
""")
    result = project.run()
    result.assert_outcomes(failed=1)
    why = "client: sh takes no input: it has ended with exit status 3"
    result.stdout.fnmatch_lines(
        [
            '>*program.write("more\\n")',
            f"E * lab.errors.InputClosedError: {why}",
            "test_time.py:*: InputClosedError",
            'program sh on client: was sent "go\\n"',
            'program sh on client: was sent "more\\n", which it has not taken',
        ]
    )
    assert "lab/engines" not in result.stdout.str(), "the lab's own frames are in the traceback"


def test_who_ends_while_it_is_written_to_takes_no_more(project: Project) -> None:
    project.tests("""
import pytest

def test_types(lab):
    with lab.host("client").start(["sh", "-c", "read line"]) as program:
        with pytest.raises(BrokenPipeError, match="sh takes no input: it has ended with exit st"):
            while True:
                program.write("x\\n" * 100_000)
        with pytest.raises(BrokenPipeError, match="its standard input has been closed"):
            program.write("x")
""")
    project.run().assert_outcomes(passed=1)


@on_both
def test_a_program_that_takes_too_long_is_killed_and_kept(project: Project) -> None:
    project.tests("""
import time

import pytest
from lab.errors import ProgramTimeoutError

def running(host):
    look = "cat /proc/[0-9]*/cmdline | tr '\\\\0' ' '"
    return b"sleep 4711" in host.run(["sh", "-c", look]).stdout

def test_waits(lab):
    host = lab.host("client")
    argv = ["sh", "-c", "cat; echo why >&2; exec sleep 4711"]
    with pytest.raises(ProgramTimeoutError) as caught:
        host.run(argv, stdin=b"so\\n" * 50_000, timeout_s=2)
    assert str(caught.value) == "client: sh has not ended after 2 s; it was killed"
    assert (caught.value.output, caught.value.errors) == (b"so\\n" * 50_000, b"why\\n")
    deadline_s = time.monotonic() + 20
    while running(host):
        assert time.monotonic() < deadline_s

def test_is_told(lab):
    host = lab.host("client")
    done = host.run(["sh", "-c", "cat; exit 3"], stdin=b"in time", timeout_s=60)
    assert (done.exit_status, done.stdout) == (3, b"in time")
    assert host.run(["no-such-program"], timeout_s=60).exit_status == 127
    host.run(["sleep", "4711"], timeout_s=0.5)
""")
    result = project.run("--lab-keep")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            ">*host.run(*sleep*",
            "E*ProgramTimeoutError: client: sleep has not ended after 0.5 s; it was killed",
            "program sleep 4711 on client: was killed after 0.5 s",
        ]
    )
    outcomes = events(project, "test_waits", ProgramOutcome)
    (event,) = (one for one in outcomes if one.killed_after_s == 2)
    assert event.exit_status == 137
    assert (event.output[-6:], event.errors) == ("so\nso\n", "why\n")


SAYS = 'echo begun; echo why >&2; read line; echo "got $line"; exec sleep 60'


@on_both
def test_a_failing_test_shows_what_a_started_program_has_printed_and_takes_nothing(
    project: Project,
) -> None:
    project.tests(f"""
import pytest

@pytest.fixture
def program(lab):
    program = lab.host("client").start(["sh", "-c", {SAYS!r}])
    yield program
    program.signal("KILL")
    rest, errors = program.process.communicate(timeout=20)
    assert (rest, errors) == (b"got it\\n", b"why\\n")

def test_types(program):
    assert program.process.stdout.readline() == b"begun\\n"
    program.write("it\\n")
    select = __import__("select")
    assert select.select([program.process.stdout], [], [], 20)[0]
    assert False
""")
    result = project.run()
    result.assert_outcomes(failed=1)
    head = f"program sh -c {SAYS} on client: "
    result.stdout.fnmatch_lines([f"{head}has not ended", "  begun", "  got it", "  why"])
    assert head + "was started" not in result.stdout.str()
    (program,) = events(project, "test_types", ProgramOutcome)
    assert (program.output, program.errors) == ("begun\ngot it\n", "why\n")


def test_what_a_program_has_printed_is_kept_when_its_block_ends(project: Project) -> None:
    project.tests("""
def test_types(lab):
    with lab.host("client").start(["sh", "-c", "echo one; echo two >&2; exit 3"]) as program:
        assert program.process.communicate(timeout=20) == (b"one\\n", b"two\\n")
    with lab.host("client").start(["sh", "-c", "echo three; exec sleep 60"]) as program:
        assert program.process.stdout.readline() == b"three\\n"
    assert False
""")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            *("program sh -c echo one* on client: exit 3", "  one", "  two"),
            *("program sh -c echo three* on client: has not ended", "  three"),
        ]
    )


@on_both
def test_lines_of_hosts_since_the_test_began_are_events_and_on_the_page(project: Project) -> None:
    said = "trap 'echo again; echo oops >&2' USR1; echo up; while :; do sleep 0.05; done\n"
    project.write("says.sh", said)
    text = (project.path / "compose.yaml").read_text(encoding="utf-8")
    text = text.replace("[sleep, infinity]", '[sh, /app/says.sh]\n    volumes: [".:/app:ro"]')
    project.write("compose.yaml", text.replace("native: sleep infinity", "native: sh says.sh"))
    project.tests("""
import time

def test_types(lab):
    host = lab.host("server")
    host.kill("USR1")
    deadline = time.monotonic() + 20
    while "oops" not in [line.text for line in lab.output("server")]:
        assert time.monotonic() < deadline
    assert False
""")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["the last lines of server (running):"])
    lines = {(one.stream, one.text) for one in events(project, "test_types", HostOutput)}
    assert lines == {("stdout", "again"), ("stderr", "oops")}
    page = project.path / "results" / "test_time.test_types" / "001" / "report.html"
    assert "<figcaption>server (running)</figcaption>" in page.read_text(encoding="utf-8")


@on_both
def test_what_runs_on_a_host_is_traced_where_that_is_asked_for(project: Project) -> None:
    project.tests("def test_passes(lab): connected(lab)\n")
    project.run("--lab-keep", "--lab-trace", "server").assert_outcomes(passed=1)
    (on,) = events(project, "test_passes", TraceOn)
    (off,) = events(project, "test_passes", TraceOff)
    assert (on.host, on.program) == ("server", "sleep")
    assert (off.host, off.pid, off.why) == ("server", on.pid, "released")
    nowhere = project.run("--lab-trace", "servr")
    nowhere.assert_outcomes(errors=1)
    nowhere.stdout.fnmatch_lines(["*--lab-trace: host 'servr': not in lab *"])
