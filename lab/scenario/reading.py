"""Reads a scenario file. Everything that can be wrong with it is said here, before anything starts.

All mistakes are collected, one line each: FILE:LINE: what is wrong, and what was perhaps meant.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab.errors import ScenarioError
from lab.scenario import keys, shipped, steps
from lab.scenario.model import Scenario, Step
from lab.scenario.nodes import Mapping, Wrong, load

_HOST = re.compile(keys.HOST_PATTERN)


def read(path: Path, *, hosts: Sequence[str] | None = None) -> Scenario:
    """Return the scenario of a file. ScenarioError, a line for each mistake, if it is wrong.

    With `hosts` these are the hosts, and its compose file is not looked at.
    """
    wrong: list[Wrong] = []
    try:
        scenario = _scenario(path, load(path), hosts, wrong)
    except Wrong as error:
        wrong.append(error)
    if wrong:
        lines = [f"{path}:{one.line}: {one}" for one in sorted(wrong, key=lambda one: one.line)]
        raise ScenarioError("\n".join(lines))
    return scenario


def _scenario(
    path: Path, file: Mapping, hosts: Sequence[str] | None, wrong: list[Wrong]
) -> Scenario:
    file.only(*keys.FILE)
    title, shows = (str(file.need(key, str)) for key in ("title", "shows"))
    compose = file.get("compose", str)
    if (compose is None) == ("hosts" not in file):
        raise Wrong(file.line, "hosts or compose: give one of them")
    compose_path = None if compose is None else _compose_path(path, compose)
    if hosts is None:
        hosts = _hosts(file) if compose_path is None else _hosts_of(file, compose_path)
    listed = file.need("steps", list)
    if not listed:
        raise file.wrong("steps", "must have at least one step")
    return Scenario(
        path=path,
        title=title,
        shows=shows,
        reproduces=_words(file, "reproduces"),
        steps=tuple(_steps(file, listed, steps.Reading(hosts), wrong)),
        hosts=tuple(hosts),
        compose=compose_path,
        seed=_seed(file),
    )


def _compose_path(path: Path, compose: str) -> Path:
    return shipped.compose_file() if compose == shipped.WORD else path.parent / compose


def _steps(
    file: Mapping, listed: list[Any], reading: steps.Reading, wrong: list[Wrong]
) -> list[Step]:
    found = []
    for one in listed:
        line = one.line if isinstance(one, Mapping) else file.line_of("steps")
        try:
            found.append(steps.read(one, line, reading))
        except Wrong as error:
            wrong.append(error)
    return found


def _seed(file: Mapping) -> int:
    seed: int = file.get("seed", int, default=1)
    if not 0 <= seed < 2**63:
        raise file.wrong("seed", "must be a whole number from 0 to 2**63 - 1")
    return seed


def _words(file: Mapping, key: str) -> tuple[str, ...]:
    value = file.get(key, str, list, default=[])
    words = [value] if isinstance(value, str) else value
    if not all(isinstance(word, str) for word in words):
        raise file.wrong(key, "must be a word or a list of words")
    return tuple(words)


def _hosts(file: Mapping) -> tuple[str, ...]:
    names = _words(file, "hosts")
    for name in names:
        if not _HOST.fullmatch(name):
            raise file.wrong("hosts", f"{name!r} must be a host name: a to z, 0 to 9 and -")
    if not names or len(names) > keys.MOST_HOSTS or len(set(names)) != len(names):
        raise file.wrong("hosts", f"must be 1 to {keys.MOST_HOSTS} names, each once")
    return names


def _hosts_of(file: Mapping, path: Path) -> tuple[str, ...]:
    try:
        whole = load(path)
    except (Wrong, ScenarioError) as error:
        raise file.wrong("compose", str(error)) from None
    found = whole.raw("services") if "services" in whole else None
    if not isinstance(found, Mapping) or not list(found.keys()):
        raise file.wrong("compose", f"{path}: it has no services, so no hosts")
    return tuple(found.keys())
