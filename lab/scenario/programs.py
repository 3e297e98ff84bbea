"""Reads the steps that run programs: their words, environment and input."""

import shlex
from typing import Any

from lab.scenario import expectations, keys, values
from lab.scenario.hosts import Hosts
from lab.scenario.model import RunStep, SendStep
from lab.scenario.names import REFUSED, Names
from lab.scenario.yaml import Mapping, kind_of, unwrapped
from lab.suggestions import meant


def run(step: Mapping, hosts: Hosts, names: Names) -> RunStep:
    """Return the step; ParseError when it makes no sense."""
    step.only(*keys.RUN, *keys.OF_PROGRAMS)
    user = step.get("user", str)
    argv = _argv(step)
    if any("\0" in word for word in (*argv, user or "")):
        raise step.wrong("run", "no program can be given a zero byte")
    on = values.host(step, "on", hosts)
    if (name := step.get("later", str)) in hosts.known:
        raise step.wrong("later", f"{name!r} is a host; a program needs a name of its own")
    later = names.later_of(step, "run", keys.OF_PROGRAMS)
    expected = expectations.of_program(step)
    keep_open = bool(step.get("keep_open", bool, default=False))
    if later is None and "keep_open" in step:
        text = "is for input in later steps; name the program with later, and send it to that name"
        raise step.wrong("keep_open", text)
    if later is not None:
        closed = f"gets no more input than line {step.line} gives it; say keep_open: true there"
        names.inputs[later] = "" if keep_open else closed
    text, environment = step.get("input", str, default=""), _environment(step)
    return RunStep(step.line, on, argv, expected, text, user, later, environment, keep_open)


def send(step: Mapping, names: Names) -> SendStep:
    """Return the step that gives a program more input; ParseError when that program takes none."""
    if {"on", "socket", "data"} & set(step.keys()):
        text = "gives input to a program; the socket call is {on: HOST, call: send, socket: NAME}"
        raise step.wrong("send", text)
    step.only(*keys.SEND)
    name = str(step.need("send", str))
    kind = names.later.get(name)
    if kind is None:
        runs = [one for one, kind in names.later.items() if kind == "run"]
        text = f"{name!r}: no program was started with later: {name}{meant(name, runs)}"
        raise step.wrong("send", text)
    if kind == "call":
        raise step.wrong("send", f"{name!r} is a call, and only programs have an input")
    if why_not := names.inputs.get(name):
        raise step.wrong("send", f"{name!r} {why_not}")
    text, close = step.get("input", str, default=""), bool(step.get("close", bool, default=False))
    if not text and ("input" in step or not close):
        raise step.wrong("input" if "input" in step else "send", "give it input, or close: true")
    if close and kind != REFUSED:
        names.inputs[name] = f"gets no more input: line {step.line} has closed it"
    within_s = values.seconds(step, "within")
    return SendStep(step.line, name, text, close, *([] if within_s is None else [within_s]))


def _argv(step: Mapping) -> tuple[str, ...]:
    words = step.get("run", str, list)
    try:
        argv = shlex.split(words) if isinstance(words, str) else values.texts(step, "run", words)
    except ValueError as error:
        raise step.wrong("run", f"{words!r}: {error}") from None
    if not argv or not argv[0]:
        raise step.wrong("run", "a program, please")
    return tuple(argv)


def _environment(step: Mapping) -> dict[str, str]:
    """Return the variables of a mapping, or of a list of NAME=value, as in a Compose file."""
    given = step.raw("environment") if "environment" in step else None
    if given is None:
        return {}
    if isinstance(given, Mapping):
        found = {name: str(given.need(name, str, int, float)) for name in given.keys()}  # noqa: SIM118
    elif isinstance(given, list):
        found = _listed(step, given)
    else:
        text = f"must be a mapping ({{TZ: UTC}}) or a list ([TZ=UTC]), not {kind_of(given)}"
        raise step.wrong("environment", text)
    for name, value in found.items():
        if not name or "=" in name or "\0" in name + value:
            text = "a variable's name has no =, and nothing has a zero byte"
            raise (
                given.wrong(name, text)
                if isinstance(given, Mapping)
                else step.wrong("environment", f"{name!r}: {text}")
            )
    return found


def _listed(step: Mapping, listed: list[Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in listed:
        name, equals, value = one.partition("=") if isinstance(one, str) else ("", "", "")
        if not equals:
            # Compose takes the value from its own environment; then no two runs were the same.
            text = (
                f"{unwrapped(one)!r} must be NAME=value; a scenario takes no value from elsewhere"
            )
            raise step.wrong("environment", text)
        if name in found:
            raise step.wrong("environment", f"{name} stands there twice")
        found[name] = value
    return found
