"""Reads the steps that run programs: their words, environment and input."""

import shlex
from typing import Any

from lab.scenario import expectations, keys, values
from lab.scenario.hosts import Hosts
from lab.scenario.model import RunStep
from lab.scenario.names import Names
from lab.scenario.nodes import Mapping, kind_of, unwrapped


def run(step: Mapping, hosts: Hosts, names: Names) -> RunStep:
    """Return the step; Wrong when it makes no sense."""
    step.only(*keys.RUN, *keys.OF_PROGRAMS)
    user = step.get("user", str)
    argv = _argv(step)
    if any("\0" in word for word in (*argv, user or "")):
        raise step.wrong("run", "no program can be given a zero byte")
    on = values.host(step, "on", hosts)
    later = names.later_of(step, "run", keys.OF_PROGRAMS)
    expected = expectations.of_program(step)
    text = step.get("input", str, default="")
    return RunStep(step.line, on, argv, expected, text, user, later, _environment(step))


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
