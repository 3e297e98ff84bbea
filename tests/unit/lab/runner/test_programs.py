"""A program is given its input as it takes it, and what it prints is there when it has ended."""

from collections.abc import Iterator

import pytest

from lab.api.lab import Lab
from lab.runner.programs import RunningProgram, Taken
from tests.unit.lab.api.fake_engine import FakeLab

LONGEST_S = 20.0


class Programs:
    """Starts programs, each with a shell's script, and ends them with the test."""

    def __init__(self) -> None:
        self.host = Lab(FakeLab()).host("client")
        self.started: list[RunningProgram] = []

    def start(self, script: str, text: str = "", *, keep_open: bool = False) -> RunningProgram:
        program = RunningProgram(
            self.host, ("sh", "-c", script), text, None, {"WHO": "you"}, keep_open=keep_open
        )
        self.started.append(program)
        program.start()
        return program


@pytest.fixture
def programs() -> Iterator[Programs]:
    programs = Programs()
    yield programs
    for program in programs.started:
        program.close()


def ready(program: RunningProgram) -> bool:
    return program.wait_for(lambda text: text.count("ready"), 1, LONGEST_S) == 1


def test_what_it_prints_and_how_it_ends_is_known(programs: Programs) -> None:
    end = programs.start("cat; echo hello $WHO; echo why >&2; exit 3", "in\n").wait(LONGEST_S)
    assert (end.output, end.errors, end.exit_status) == ("in\nhello you\n", "why\n", 3)
    assert (end.host, end.argv[:2], end.environment) == ("client", ("sh", "-c"), {"WHO": "you"})
    assert not end.outputs_open


def test_input_that_is_kept_open_is_taken_in_stages(programs: Programs) -> None:
    program = programs.start("echo ready; cat", keep_open=True)
    assert ready(program)
    assert program.wait(0).input_open
    assert program.send(b"one\n", close=False, within_s=LONGEST_S) == Taken(4)
    assert program.send(b"x" * 500_000, close=True, within_s=LONGEST_S) == Taken(500_000)
    end = program.wait(LONGEST_S)
    assert len(end.output) == len("ready\none\n") + 500_000


def test_a_program_that_closes_its_input_refuses_it_and_goes_on(programs: Programs) -> None:
    program = programs.start("exec <&-; echo ready; exec sleep 60", keep_open=True)
    assert ready(program)
    taken = program.send(b"x", close=False, within_s=LONGEST_S)
    assert (taken.bytes, taken.refused, taken.exit_status) == (0, True, None)
    assert program.wait(0).is_pending


def test_a_program_that_has_ended_refuses_input_with_its_exit_status(programs: Programs) -> None:
    program = programs.start("exit 3", keep_open=True)
    assert program.wait(LONGEST_S).exit_status == 3
    assert program.send(b"x", close=False, within_s=LONGEST_S) == Taken(0, True, 3)


def test_what_it_leaves_may_print_on(programs: Programs) -> None:
    program = programs.start("exec 3<&0; (read line <&3; echo late) & exit 0", keep_open=True)
    assert program.wait(LONGEST_S).outputs_open
