"""Replicas: the hosts of a service that has several (`scale`, `deploy.replicas`). Pure.

A service with one is the host of that name. Of several each is a host, SERVICE-1, SERVICE-2, ...
(Compose numbers its containers so), and the service's name stands for all of them. With none there
is no host.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from lab.compose.errors import dotted
from lab.errors import LocatedError

# Which other service's a setting may be: `network_mode: service:app`.
_OF_SERVICE = ("network_mode", "pid", "ipc")
_FOR_ONE = ("ipv4_address", "ipv6_address", "mac_address")
_DEFAULT = "service_started"
MOST_HOSTS = 1_000  # of a lab
NOT_FOR_SEVERAL = "is for one host, and its service has several replicas; leave it out"


class Expanded(NamedTuple):
    """Services, one for each host; and by the name of each replica, the service that it is of."""

    services: dict[str, dict[str, Any]]
    service_of: dict[str, str]

    def replicas(self) -> dict[str, tuple[str, ...]]:
        """Return the hosts of each service that has several."""
        services = dict.fromkeys(self.service_of.values())
        return {
            name: tuple(one for one, of in self.service_of.items() if of == name)
            for name in services
        }

    def located(self, error: LocatedError) -> LocatedError:
        """Return what is wrong with a host at its place in the file, where the service stands."""
        host = str(error.keys[1]) if error.keys[:1] == ("services",) and error.keys[1:] else ""
        if (service := self.service_of.get(host)) is None:
            return error
        # Not app-10, where it is of app-1.
        text = re.sub(rf"\bservices\.{re.escape(host)}(?!\d)", f"services.{service}", str(error))
        return LocatedError(("services", service, *error.keys[2:]), text)

    @contextmanager
    def places(self) -> Iterator[None]:
        """Give a LocatedError inside its place in the file."""
        try:
            yield
        except LocatedError as error:
            raise self.located(error) from error


def count(service: Mapping[str, Any]) -> int:
    """Return how many hosts a service has."""
    key, number = _asked(service)
    return number if key else 1


def names(service: str, number: int) -> tuple[str, ...]:
    """Return the names of a service's hosts."""
    return (service,) if number == 1 else tuple(f"{service}-{n}" for n in range(1, number + 1))


def in_order(name: str, service: str) -> tuple[str, int]:
    """Return what hosts are sorted by; `service` is "" for one that is no replica."""
    return (service, int(name.removeprefix(f"{service}-"))) if service else (name, 0)


def expand(services: Mapping[str, Mapping[str, Any]]) -> Expanded:
    """Return a service for each host; what others say of the service is then said of its hosts.

    The services may be as a person writes them, or as `docker compose config` does.
    LocatedError when a host's name is another service's, the service says what only one may, or
    there is no host at all.
    """
    hosts: dict[str, tuple[str, ...]] = {}
    left = MOST_HOSTS
    for name, service in services.items():
        _check(name, service)
        number = count(service)
        left -= number
        if left < 0:
            text = f"with it there are more than {MOST_HOSTS} hosts; write fewer replicas"
            raise _wrong(("services", name), text)
        hosts[name] = names(name, number)
    service_of = {one: name for name, of in hosts.items() if len(of) > 1 for one in of}
    for one, name in service_of.items():
        if one in services:
            text = f"is also the name of a replica of {name}, which has {len(hosts[name])}; rename"
            raise _wrong(("services", one), f"{text} one of them")
    expanded = {
        one: _replica(service, hosts) for name, service in services.items() for one in hosts[name]
    }
    if not expanded:
        text = "each has 0 replicas, so there are no hosts; give one of them 1 or more"
        raise _wrong(("services",), text)
    return Expanded(expanded, service_of)


def _asked(service: Mapping[str, Any]) -> tuple[tuple[str, ...], int]:
    """Return the keys that say how many, () for none, and what they say."""
    deploy = service.get("deploy") or {}
    if service.get("scale") is not None:
        return ("scale",), int(service["scale"])
    if deploy.get("replicas") is not None:
        return ("deploy", "replicas"), int(deploy["replicas"])
    return (), 1


def _wrong(keys: tuple[str, ...], text: str) -> LocatedError:
    return LocatedError(keys, f"{dotted(keys)}: {text}")


def _check(name: str, service: Mapping[str, Any]) -> None:
    here = ("services", name)
    key, number = _asked(service)
    if number < 0:
        raise _wrong((*here, *key), f"{number} is no number of hosts; write 0 or more")
    other = (service.get("deploy") or {}).get("replicas")
    if key == ("scale",) and other is not None and int(other) != number:
        text = f"is {number}, and deploy.replicas is {other}; keep one of them"
        raise _wrong((*here, *key), text)
    if number < 2:
        return
    for word in ("container_name", "mac_address"):
        if service.get(word):
            raise _wrong((*here, word), NOT_FOR_SEVERAL)
    networks = service.get("networks")
    for network, member in networks.items() if isinstance(networks, Mapping) else ():
        for word in _FOR_ONE:
            if (member or {}).get(word):
                raise _wrong((*here, "networks", network, word), NOT_FOR_SEVERAL)


def _replica(service: Mapping[str, Any], hosts: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return the service of one host, where every service has these hosts."""
    found = {key: value for key, value in service.items() if key != "scale"}
    if "replicas" in (found.get("deploy") or {}):
        found["deploy"] = {key: v for key, v in found["deploy"].items() if key != "replicas"}
        if not found["deploy"]:
            del found["deploy"]
    if needed := found.get("depends_on"):
        listed = not isinstance(needed, Mapping)
        each = {one: {"condition": _DEFAULT} for one in needed} if listed else needed
        found["depends_on"] = {
            one: how for name, how in each.items() for one in hosts.get(name, (name,))
        }
    for key in _OF_SERVICE:
        kind, _, name = str(found.get(key) or "").partition(":")
        if kind == "service" and hosts.get(name):
            found[key] = f"service:{hosts[name][0]}"  # Compose takes the first, too
    if volumes := found.get("volumes_from"):
        found["volumes_from"] = [_with_first(one, hosts) for one in volumes]
    if links := found.get("links"):
        found["links"] = [one for link in links for one in _links(link, hosts)]
    # Each host's own: whoever changes one must not change them all.
    if isinstance(networks := found.get("networks"), Mapping):
        found["networks"] = {key: dict(v) if v else v for key, v in networks.items()}
    return found


def _with_first(text: str, hosts: Mapping[str, Sequence[str]]) -> str:
    name, colon, rest = text.partition(":")
    return f"{hosts[name][0]}{colon}{rest}" if hosts.get(name) else text


def _links(text: str, hosts: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield SERVICE:ALIAS for each host; the alias stands for all of them."""
    name, _, alias = text.partition(":")
    for one in hosts.get(name, (name,)):
        yield text if one == name else f"{one}:{alias or name}"
