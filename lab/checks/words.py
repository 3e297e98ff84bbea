"""What a step does, in a few words for people. Pure."""

from collections.abc import Callable
from typing import Any

from lab.scenario.model import (
    CallStep,
    CollectStep,
    Condition,
    ExpectStep,
    HostFaultStep,
    LiftStep,
    RunStep,
    SendStep,
    Step,
    SysctlStep,
    WaitStep,
    WireFaultStep,
)

_MOST = 60


def describe(step: Step) -> str:
    """Return them: `client: recv(c)`, `fault drop on client -> server`."""
    return _WORDS[type(step)](step)


def _call(step: CallStep) -> str:
    place = step.arguments.get("socket") or step.arguments.get("as") or ""
    return f"{step.on}: {step.call}({place})"


def _wire_fault(step: WireFaultStep) -> str:
    links = ", ".join(f"{source} -> {target}" for source, target in step.links)
    return f"fault {step.impairment} on {links}"


_WORDS: dict[type[Step], Callable[[Any], str]] = {
    CallStep: _call,
    RunStep: lambda step: f"{step.on}: {' '.join(' '.join(step.argv).split())[:_MOST]}",
    SendStep: lambda step: f"send to {step.name}",
    CollectStep: lambda step: f"collect {step.name}",
    WireFaultStep: _wire_fault,
    HostFaultStep: lambda step: f"fault {step.fault} {step.on}",
    LiftStep: lambda step: f"lift {step.name}",
    SysctlStep: lambda step: f"{step.on}: sysctl {', '.join(step.values)}",
    WaitStep: lambda step: f"wait for {condition_words(step.condition)}",
    ExpectStep: lambda step: f"expect {condition_words(step.condition)}",
}


def condition_words(condition: Condition) -> str:
    """Return what is looked for."""
    if condition.syslog is not None:
        of = (condition.on, condition.facility, condition.severity, condition.ident)
        return " ".join([f"syslog lines /{condition.syslog}/", *(word for word in of if word)])
    if condition.output is not None:
        whose = f" of {condition.of}" if condition.of else ""
        return f"output /{condition.output}/{whose}"
    if condition.packets is not None:
        pattern = condition.packets
        words = [f"{name}={value}" for name, value in pattern.match.items()]
        words += [pattern.fate] if pattern.fate else []
        return " ".join([f"packets {pattern.source} -> {pattern.target}", *words])
    return f"packets that {condition.fault} acted on"
