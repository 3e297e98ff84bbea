"""The names of calls, for people and in events."""

from lab.agent.tracing import call_names, kinds
from lab.agent.tracing.machine import this_machine


def test_each_call_that_is_reported_has_its_name_and_no_other() -> None:
    kinds.kinds(this_machine())
    always = {one.name for one in kinds.KINDS.values()} - {"ptrace"}  # which is only noticed
    assert set(call_names.REPORTED) == always
    assert len(call_names.REPORTED) == len(always)


def test_a_name_stands_for_calls_that_are_reported() -> None:
    for name in call_names.WRITTEN:
        assert set(call_names.stands_for(name)) <= set(call_names.REPORTED), name
    assert "recvfrom" in call_names.stands_for("recv")
    assert call_names.stands_for("recvfrom") == ("recvfrom",)
