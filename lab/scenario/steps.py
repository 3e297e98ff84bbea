"""Reads one step: each verb has a function here, and the keys that it knows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.agent import calls
from lab.agent.calls import counters
from lab.agent.wire import impairments, match, selection
from lab.agent.wire.fault import Fault
from lab.net.parameters import ParameterError
from lab.scenario import conditions, expectations, keys, programs, sockets, values
from lab.scenario.hosts import Hosts
from lab.scenario.model import (
    CallStep,
    CollectStep,
    Expected,
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
from lab.scenario.names import REFUSED, Names
from lab.scenario.yaml import Mapping, ParseError, unwrapped
from lab.suggestions import meant, near


@dataclass
class Reading:
    """What is known while a file is read."""

    hosts: Hosts
    # Is it about to be run here? Evidence may be judged on a machine with another kernel.
    has_kernel: bool = True
    names: Names = field(default_factory=Names)
    unnamed: int = 0

    def name(self, step: Mapping) -> str:
        """Return the step's own name, or one that nobody can have written."""
        self.unnamed += 1
        # One line may have several of them.
        numbered = f"(line {step.line}, {self.unnamed})"
        line = f"(line {step.line})"
        default = numbered if line in self.names.all_faults else line
        given: str = step.get("as", str, default=default)
        return given


def read(step: Any, line: int, reading: Reading) -> Step:
    """Return a step; ParseError when it is none."""
    if not isinstance(step, Mapping):
        raise ParseError(line, "a step must be a mapping like {on: client, call: recv, socket: c}")
    verbs = [key for key in step.keys() if key in _VERBS]  # noqa: SIM118 - no dict
    if len(verbs) != 1:
        found = f"this one has {', '.join(verbs)}" if verbs else "this one has none"
        text = f"a step has one of {', '.join(_VERBS)}; {found}"
        hints = [] if verbs else [meant(key, _VERBS) for key in step.keys()]  # noqa: SIM118
        near = [hint for hint in hints if "did you mean" in hint]
        raise ParseError(step.line, text + "".join(near[:1]))
    return _VERBS[verbs[0]](step, reading)


def _call(step: Mapping, reading: Reading) -> CallStep:
    name = step.get("call", str)
    if name not in calls.names():
        raise step.wrong("call", f"{name!r} is no call{meant(name, calls.names())}")
    own = [parameter.name for parameter in calls.parameters(name)]
    step.only(*keys.CALL, *own, *keys.OF_CALLS)
    values.refuse_nothing(step, own)
    on = values.host(step, "on", reading.hosts)
    arguments = {key: unwrapped(step.raw(key)) for key in own if key in step}
    try:
        calls.checked(name, arguments, name)
    except ParameterError as error:
        raise ParseError(_line_of_culprit(step, str(error), own), str(error)) from None
    if name == "counter" and reading.has_kernel:
        _refuse_counter(step, str(arguments["name"]))
    sockets.note(step, reading.names, on, name, arguments)
    later = reading.names.later_of(step, "call", keys.OF_CALLS)
    return CallStep(step.line, on, name, arguments, expectations.of_call(step), later)


def _refuse_counter(step: Mapping, name: str) -> None:
    """Refuse a counter that this machine's kernel has not; the hosts have the same kernel."""
    known = counters.names()
    if known and name not in known and not counters.MAY_COME.fullmatch(name):
        hint = near(name, known) or "; nstat -az lists them"
        raise step.wrong("name", f"{name!r}: the kernel has no counter of that name{hint}")


def _line_of_culprit(step: Mapping, text: str, keys: Sequence[str]) -> int:
    """Return the line of the key that a refusal names."""
    named = [
        key for key in keys if f": {key} " in text or f": {key}:" in text or f"'{key}'" in text
    ]
    return step.line_of(named[0]) if named else step.line


def _run(step: Mapping, reading: Reading) -> RunStep:
    return programs.run(step, reading.hosts, reading.names)


def _send(step: Mapping, reading: Reading) -> SendStep:
    return programs.send(step, reading.names)


def _collect(step: Mapping, reading: Reading) -> CollectStep:
    name = str(step.need("collect", str))
    kind = reading.names.collect(step, name)
    if kind == REFUSED:  # what started it was refused, and has been said
        return CollectStep(step.line, name, Expected())
    if kind == "call":
        step.only(*keys.COLLECT, *keys.OF_CALLS)
        return CollectStep(step.line, name, expectations.of_call(step))
    step.only(*keys.COLLECT, *keys.OF_PROGRAMS)
    expected = expectations.of_program(step)
    if expected.blocks_s is None:
        reading.names.inputs[name] = f"has ended by line {step.line}, which collects it"
    return CollectStep(step.line, name, expected)


def _fault(step: Mapping, reading: Reading) -> Step:
    kind = str(step.need("fault", str))
    if kind in keys.HOST_FAULTS:
        return _host_fault(step, reading, kind)
    known = [keys.PARTITION, *keys.HOST_FAULTS, *impairments.names()]
    if kind not in known:
        raise step.wrong("fault", f"{kind!r} is no fault{meant(kind, known)}")
    own: list[str] = []
    if kind == keys.PARTITION:
        for parameter in (*match.PARAMETERS, *selection.PARAMETERS):
            if parameter.name in step:
                text = "a partition is of every packet; for some of them drop on each link, please"
                raise step.wrong(parameter.name, text)
        step.only(*keys.PARTITION_FAULT)
        links = _between(step, reading.hosts)
    else:
        table = (*impairments.load(kind).PARAMETERS, *match.PARAMETERS, *selection.PARAMETERS)
        own = [parameter.name for parameter in table]
        step.only(*keys.LINK_FAULT, *own)
        values.refuse_nothing(step, own)
        links = [*values.link(step, "link", reading.hosts).links]
    asked = {key: unwrapped(step.raw(key)) for key in own if key in step}
    impairment = "drop" if kind == keys.PARTITION else kind
    try:
        Fault(impairment, asked)
    except ParameterError as error:
        raise ParseError(_line_of_culprit(step, str(error), own), str(error)) from None
    name = reading.name(step)
    reading.names.add_fault(step, name, "wire")
    may_idle = bool(step.get("may_idle", bool, default=False))
    for_s = values.seconds(step, "for")
    return WireFaultStep(step.line, name, impairment, tuple(links), asked, for_s, may_idle)


def _between(step: Mapping, hosts: Hosts) -> list[tuple[str, str]]:
    written = [[side] if isinstance(side, str) else side for side in step.need("between", list)]
    if len(written) != 2 or not all(values.are_words(side) and side for side in written):
        raise step.wrong("between", "must be two hosts, or two lists of them: [client, server]")
    groups = [
        dict.fromkeys(
            one for name in side for one in values.known_hosts(step, "between", name, hosts)
        )
        for side in written
    ]
    if both := set(groups[0]) & set(groups[1]):
        raise step.wrong("between", f"{', '.join(sorted(both))}: on both sides")
    links = [(one, other) for one in groups[0] for other in groups[1]]
    if not step.get("one_way", bool, default=False):
        links += [(other, one) for one, other in links]
    return links


def _host_fault(step: Mapping, reading: Reading, kind: str) -> HostFaultStep:
    lasting = kind in keys.LASTING
    step.only(*keys.HOST_FAULT, *keys.NAME, *(keys.SIGNAL if kind == "kill" else ()))
    name = reading.name(step)
    if lasting:
        reading.names.add_fault(step, name, "host")
    elif "as" in step:
        raise step.wrong("as", f"{kind} cannot be lifted, so it needs no name")
    on = str(step.need("on", str))
    hosts = values.known_hosts(step, "on", on, reading.hosts)
    signal = step.get("signal", str, default="KILL")
    if signal not in keys.SIGNALS:
        text = f"{signal!r} is no signal{meant(signal.removeprefix('SIG'), keys.SIGNALS)}"
        raise step.wrong("signal", text)
    return HostFaultStep(step.line, name, kind, on, signal, hosts)


def _lift(step: Mapping, reading: Reading) -> LiftStep:
    step.only(*keys.LIFT)
    name = str(step.need("lift", str))
    kind = reading.names.lift(step, name)
    for key in ("acted", "at_least"):
        if key in step and kind == "host":
            raise step.wrong(key, f"{name} is no fault of the wire, so it counts nothing")
    acted, at_least = values.count(step, "acted"), values.count(step, "at_least", least=1)
    return LiftStep(step.line, name, acted, at_least)


def _sysctl(step: Mapping, reading: Reading) -> SysctlStep:
    step.only(*keys.SYSCTL)
    settings = step.raw("sysctl")
    if not isinstance(settings, Mapping):
        raise step.wrong("sysctl", "must be a mapping of names to values")
    for name in settings.keys():  # noqa: SIM118 - no dict
        if not name.startswith("net."):
            raise settings.wrong(name, "only net.* is a host's own")
    texts = {name: str(settings.need(name, str, int, float)) for name in settings.keys()}  # noqa: SIM118
    return SysctlStep(step.line, values.host(step, "on", reading.hosts), texts)


def _wait(step: Mapping, reading: Reading) -> WaitStep:
    step.only(*keys.WAIT)
    within_s = values.seconds(step, "within")
    condition = conditions.waited(step, reading.hosts, reading.names)
    return WaitStep(step.line, condition, *([] if within_s is None else [within_s]))


def _expect(step: Mapping, reading: Reading) -> ExpectStep:
    step.only(*keys.EXPECT)
    return ExpectStep(step.line, conditions.read(step, "expect", reading.hosts, reading.names))


_VERBS: dict[str, Callable[[Mapping, Reading], Step]] = {
    "call": _call,
    "run": _run,
    "send": _send,
    "collect": _collect,
    "fault": _fault,
    "lift": _lift,
    "sysctl": _sysctl,
    "wait": _wait,
    "expect": _expect,
}
