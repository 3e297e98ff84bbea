"""The tables of system calls."""

import platform

import pytest

from lab.agent.tracing.kinds import KINDS, kinds
from lab.agent.tracing.machine import MACHINES, Machine


@pytest.mark.parametrize("machine", MACHINES.values(), ids=list(MACHINES))
def test_every_call_has_a_number_of_its_own(machine: Machine) -> None:
    assert len(machine.names) == len(machine.numbers)
    assert set(machine.names.values()) == set(machine.numbers)


@pytest.mark.parametrize("machine", MACHINES.values(), ids=list(MACHINES))
def test_every_call_that_is_looked_at_is_in_a_table(machine: Machine) -> None:
    found = kinds(machine)
    only_x86_64 = {"poll", "select", "epoll_wait", "dup2"}
    expected = set(KINDS) if machine.name == "x86_64" else set(KINDS) - only_x86_64
    assert {one.name for one in found.values()} == expected


def test_an_unknown_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from lab.agent.tracing import machine

    monkeypatch.setattr("os.uname", lambda: platform.uname()._replace(machine="vax"))
    with pytest.raises(OSError, match="cannot be traced on vax"):
        machine.this_machine.__wrapped__()
