"""Reads a scenario file, and finds all that is wrong with it before anything starts.

All errors are collected, one line each: FILE:LINE: what is wrong, and what was perhaps meant.
"""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from lab import printable
from lab.compose.document import Document
from lab.errors import ParseError, ScenarioError, TopologyError
from lab.model import ComposeFiles
from lab.scenario import keys, shipped, steps, values
from lab.scenario.hosts import Hosts
from lab.scenario.model import Scenario
from lab.scenario.reading import Reading
from lab.scenario.steps import Step
from lab.scenario.yaml import Mapping, load, text_of

_MOST_ERRORS = 100
_HOST = re.compile(keys.HOST_PATTERN)


def read(path: Path, *, hosts: Hosts | None = None, text: str | None = None) -> Scenario:
    """Return the scenario of a file. ScenarioError, a line for each error, if it is wrong.

    With `hosts` these are the hosts, and its compose file is not looked at; with `text` this is
    what the file has.
    """
    errors: list[ParseError] = []
    _refuse_name(path)
    text = text_of(path) if text is None else text
    try:
        scenario = replace(_scenario(path, load(path, text), hosts, errors), text=text)
    except ParseError as error:
        errors.append(error)
    if errors:
        errors.sort(key=lambda one: one.line or 1)
        name = printable.escaped(str(path))
        lines = [f"{name}:{one.line or 1}: {one}" for one in errors[:_MOST_ERRORS]]
        if more := len(errors) - len(lines):
            lines.append(f"{name}: {more} more errors")
        raise ScenarioError("\n".join(lines))
    return scenario


def _refuse_name(path: Path) -> None:
    """Refuse a file that no folder of evidence can be named after, or no evidence can name."""
    if not path.stem.strip("."):
        name = printable.escaped(str(path))
        text = f"{name}: must have a name before its ending, since its evidence has it"
        raise ScenarioError(text)
    try:
        str(path).encode()
    except UnicodeEncodeError:
        text = f"{str(path)!a}: its path is not UTF-8 text; rename it"
        raise ScenarioError(text) from None


def _scenario(path: Path, file: Mapping, hosts: Hosts | None, errors: list[ParseError]) -> Scenario:
    file.only(*keys.FILE)
    title, shows = (str(file.need(key, str)) for key in ("title", "shows"))
    compose = file.get("compose", str)
    if (compose is None) == ("hosts" not in file):
        raise ParseError(file.line, "hosts or compose: give one of them")
    compose_path = None if compose is None else _compose_path(path, compose)
    folder = _folder(path, file, is_there=hosts is None)
    has_kernel = hosts is None  # else evidence is judged, perhaps on another machine
    if hosts is None:
        hosts = Hosts.of(_hosts(file)) if not compose_path else _hosts_of(file, compose_path)
    hosts.bare = compose is None
    listed = file.need("steps", list)
    if not listed:
        raise file.error("steps", "must have at least one step")
    reading = Reading(hosts, has_kernel=has_kernel, traced=_traced(file, hosts))
    if compose is not None:
        reading.names.traced_services = reading.traced
    return Scenario(
        path=path,
        title=title,
        shows=shows,
        reproduces=_words(file, "reproduces"),
        steps=tuple(_steps(file, listed, reading, errors)),
        hosts=tuple(hosts),
        compose=compose_path,
        folder=folder,
        image=_image(file),
        seed=_seed(file),
        replicas=hosts.replicas,
        traced=reading.traced,
    )


def _compose_path(path: Path, compose: str) -> Path:
    if compose == shipped.WORD:
        return shipped.compose_file()
    here = path.parent
    # Without a folder it would be standard input.
    return (here.absolute() if compose == "-" else here) / compose


def _image(file: Mapping) -> str:
    """Return the image of bare hosts, "" where none is named."""
    image = str(file.get("image", str, default=""))
    if "image" in file and ("compose" in file or not image.strip()):
        raise file.error("image", "is the name of an image, for hosts; a compose file has its own")
    return image


def _folder(path: Path, file: Mapping, *, is_there: bool) -> Path | None:
    """Return the folder that bare hosts see; it must be there if the scenario is to be run."""
    named = file.get("folder", str)
    if named is None:
        return None
    if "compose" in file:
        raise file.error("folder", "is for bare hosts; a compose file has volumes")
    folder = (path.parent / str(named)).absolute()
    if not is_there:
        return folder
    try:
        folder = folder.resolve(strict=True)
        str(folder).encode()
        next(folder.iterdir(), None)
    except UnicodeEncodeError:
        raise file.error("folder", f"{folder!a}: is not UTF-8 text; rename it") from None
    except (OSError, ValueError) as error:  # or a path that no file can have
        why = getattr(error, "strerror", None) or str(error)
        raise file.error("folder", f"{named!r}: {why}; name a folder that you may read") from None
    return folder


def _steps(
    file: Mapping, listed: list[Any], reading: Reading, errors: list[ParseError]
) -> list[Step]:
    found = []
    for one in listed:
        line = one.line if isinstance(one, Mapping) else file.line_of("steps")
        try:
            found.append(steps.read(one, line, reading))
        except ParseError as error:
            errors.append(error)
            if isinstance(one, Mapping):
                reading.names.note_refused(one)
    return found


def _seed(file: Mapping) -> int:
    seed: int = file.get("seed", int, default=1)
    if not 0 <= seed <= keys.MOST_SEED:
        raise file.error("seed", f"must be a whole number from 0 to {keys.MOST_SEED}")
    return seed


def _words(file: Mapping, key: str) -> tuple[str, ...]:
    value = file.get(key, str, list, default=[])
    words = [value] if isinstance(value, str) else value
    if not all(isinstance(word, str) for word in words):
        raise file.error(key, "must be a word or a list of words")
    return tuple(words)


def _traced(file: Mapping, hosts: Hosts) -> frozenset[str]:
    named = _words(file, "trace")
    return frozenset(
        host for name in named for host in values.known_hosts(file, "trace", name, hosts)
    )


def _hosts(file: Mapping) -> tuple[str, ...]:
    names = _words(file, "hosts")
    for name in names:
        if not _HOST.fullmatch(name):
            raise file.error("hosts", f"{name!r} must be a host name: a to z, 0 to 9 and -")
    if not names or len(names) > keys.MOST_HOSTS or len(set(names)) != len(names):
        raise file.error("hosts", f"must be 1 to {keys.MOST_HOSTS} names, each once")
    return names


def _hosts_of(file: Mapping, path: Path) -> Hosts:
    try:
        return _shipped_hosts() if path == shipped.compose_file() else _compose_hosts(path)
    except (TopologyError, ValueError) as error:  # or a path that no file can have
        raise file.error("compose", str(error)) from None


@cache
def _shipped_hosts() -> Hosts:
    """Read them once: dozens of scenarios name them, and nothing that people set changes them."""
    return _compose_hosts(shipped.compose_file())


def _compose_hosts(path: Path) -> Hosts:
    document = Document(ComposeFiles((path,)), path.stem)
    expanded = document.hosts()
    return Hosts.of(expanded.services, expanded.replicas(), document.profiles_of_others())
