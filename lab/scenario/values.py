"""Values of steps that several verbs read: durations, counts, links, hosts, patterns."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from lab.errors import ParseError
from lab.model import ANY_HOST
from lab.net import durations
from lab.net.parameters import ParameterError
from lab.scenario.hosts import Hosts
from lab.scenario.yaml import Mapping, kind_of
from lab.suggestions import meant

_MOST_S = 24 * 60 * 60.0


def seconds(step: Mapping, key: str) -> float | None:
    """Return a duration in seconds, None where it is not given."""
    text = step.get(key, str)
    if text is None:
        return None
    try:
        time_s = durations.seconds(text.strip())
    except ValueError as error:
        raise step.error(key, str(error)) from None
    if time_s > _MOST_S:
        raise step.error(key, f"{text!r} is too long; a day (24h) is the most")
    return time_s


def count(step: Mapping, key: str, *, least: int = 0) -> int | None:
    """Return a number of things, None where it is not given."""
    number: int | None = step.get(key, int)
    if number is not None and number < least:
        raise step.error(key, f"{number} must be {least} or more")
    return number


def host(step: Mapping, key: str, hosts: Hosts) -> str:
    """Return the name of the one host that does something."""
    name = str(step.need(key, str))
    several = known_hosts(step, key, name, hosts)
    if len(several) > 1:
        text = f"{name!r} is {len(several)} hosts; choose one: {', '.join(several)}"
        raise step.error(key, text)
    return name


def known_hosts(step: Mapping, key: str, name: str, hosts: Hosts) -> tuple[str, ...]:
    """Return the host of that name, or all replicas of the service."""
    found = hosts.named(name)
    if not found and (profiles := hosts.profiles.get(name)):
        text = f"{name!r} is a host only with the profile {' or '.join(profiles)}"
        raise step.error(key, f"{text}; ask for it with COMPOSE_PROFILES={profiles[0]}")
    if not found:
        raise step.error(key, f"{name!r} is no host{meant(name, hosts.known)}")
    return found


class Ends(NamedTuple):
    """What a link was written as, and the links of hosts that this means."""

    source: str
    target: str
    links: tuple[tuple[str, str], ...]


def link(step: Mapping, key: str, hosts: Hosts) -> Ends:
    """Return the links of `client -> server`; of a service with several replicas, each of them.

    `*` is every other host. Only a host that is named as both ends has its link to itself.
    """
    text = step.need(key, str)
    if "<->" in text:
        one, _, other = (part.strip() for part in text.partition("<->"))
        ways = f"{one} -> {other}" + (f" and {other} -> {one}" if one != other else "")
        raise step.error(key, f"{text!r}: a link is one direction; write {ways}")
    source, arrow, target = (part.strip() for part in text.partition("->"))
    if not arrow:
        raise step.error(key, f"{text!r} must be a link like client -> server")
    senders, receivers = (
        tuple(hosts) if end == ANY_HOST else known_hosts(step, key, end, hosts)
        for end in (source, target)
    )
    links = tuple((one, other) for one in senders for other in receivers if one != other)
    if not links and ANY_HOST in {source, target}:
        raise step.error(key, f"{text!r}: there is no other host")
    return Ends(source, target, links or ((senders[0], receivers[0]),))


def loopbacks(links: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the hosts whose links to themselves are among these."""
    return frozenset(source for source, target in links if source == target != ANY_HOST)


def refuse_empty(step: Mapping, names: Iterable[str]) -> None:
    """Refuse those of these keys that stand there without a value."""
    for name in names:
        if name in step and step.raw(name) is None:
            raise step.error(name, "has no value; give one, or leave the key out")


def pattern(step: Mapping, key: str) -> str | None:
    """Return a regular expression as Python has them, None where it is not given."""
    text: str | None = step.get(key, str)
    if text is not None:
        try:
            re.compile(text)
        except re.error as error:
            raise step.error(key, f"{text!r} is no regular expression: {error}") from None
    return text


def word(step: Mapping, key: str, words: Sequence[str]) -> str | None:
    """Return one of these words, None where it is not given."""
    found: str | None = step.get(key, str)
    if found not in {None, *words}:
        raise step.error(key, f"{found!r} must be one of {', '.join(words)}")
    return found


def refused_parameter(step: Mapping, error: ParameterError, names: Iterable[str]) -> ParseError:
    """Return the refusal of one of these keys, with the line of the key that its text names."""
    text = str(error)
    named = [
        name
        for name in names
        if f": {name} " in text or f": {name}:" in text or f"'{name}'" in text
    ]
    return ParseError(step.line_of(named[0]) if named else step.line, text)


def are_words(value: Any) -> bool:
    """Tell whether it is a list of texts."""
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def texts(step: Mapping, key: str, listed: list[Any]) -> list[str]:
    """Return a list of texts and numbers as texts."""
    for one in listed:
        if type(one) not in {str, int, float}:
            raise step.error(key, f"must be texts and numbers, not {kind_of(one)}")
    return [str(one) for one in listed]
