"""The filters, run here by a machine for their instructions as the kernel has one (seccomp(2))."""

import struct

import pytest

from lab.agent.tracing.filter import ON_FILES, ON_SEVERAL, ON_SOCKETS, Stage, program
from lab.agent.tracing.machine import MACHINES, Machine

TRACE, ALLOW = 0x7FF00000, 0x7FFF0000
machines = pytest.mark.parametrize("machine", MACHINES.values(), ids=list(MACHINES))


def run(code: bytes, number: int, architecture: int, *arguments: int) -> int:
    """Return what a filter returns for a call; every jump goes on, and none beyond the end."""
    data = struct.pack("=IIQ6Q", number, architecture, 0, *arguments, *[0] * (6 - len(arguments)))
    instructions = list(struct.iter_unpack("=HBBI", code))
    at = accumulator = 0
    while True:
        kind, if_true, if_false, value = instructions[at]
        at += 1
        if kind == 0x06:
            return int(value)
        if kind == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, value)
        else:
            holds = accumulator == value if kind == 0x15 else accumulator > value
            assert kind in {0x15, 0x25}
            at += if_true if holds else if_false


def traces(stage: Stage, machine: Machine, name: str, *arguments: int) -> bool:
    result = run(program(stage, machine), machine.numbers[name], machine.audit, *arguments)
    assert result in {TRACE, ALLOW}
    return result == TRACE


@machines
def test_the_first_stops_at_calls_of_sockets_alone(machine: Machine) -> None:
    for name in machine.numbers:
        assert traces(Stage.SOCKETS, machine, name, 5) == (name in ON_SOCKETS), name


@machines
def test_the_second_stops_at_calls_of_files_but_not_on_the_standard_streams(
    machine: Machine,
) -> None:
    for name in machine.numbers:
        expected = name in ON_FILES or name in ON_SEVERAL or name == "fcntl"
        assert traces(Stage.FILES, machine, name, 5) == expected, name
    for name in ON_FILES:
        assert not traces(Stage.FILES, machine, name, 2), name
        assert traces(Stage.FILES, machine, name, 3), name


@machines
def test_the_third_stops_at_those_on_the_standard_streams(machine: Machine) -> None:
    for name in ON_FILES:
        assert traces(Stage.LOW, machine, name, 0), name
        assert traces(Stage.LOW, machine, name, 2), name
        assert not traces(Stage.LOW, machine, name, 3), name
    assert not traces(Stage.LOW, machine, "poll" if machine.name == "x86_64" else "ppoll")


@machines
def test_of_fcntl_only_what_makes_descriptors(machine: Machine) -> None:
    for command, expected in ((0, True), (1030, True), (1, False), (4, False)):
        assert traces(Stage.FILES, machine, "fcntl", 5, command) == expected


@machines
@pytest.mark.parametrize("stage", list(Stage)[1:])
def test_calls_of_another_architecture_pass(machine: Machine, stage: Stage) -> None:
    for number in range(600):
        assert run(program(stage, machine), number, machine.audit ^ 1, 5) == ALLOW


@machines
@pytest.mark.parametrize("stage", list(Stage)[1:])
def test_every_other_call_passes_whatever_its_arguments(machine: Machine, stage: Stage) -> None:
    for number in set(range(600)) - set(machine.names):
        assert run(program(stage, machine), number, machine.audit, 5) == ALLOW


@machines
def test_each_is_small(machine: Machine) -> None:
    for stage in list(Stage)[1:]:
        assert len(program(stage, machine)) < 4096 - 16  # of the page that it is passed in
