"""Replicas are hosts of their own; what the file says of their service, it says of each."""

from typing import Any

import pytest

from lab.compose import replicas
from lab.errors import LocatedError

THREE = {"deploy": {"replicas": 3}}


def expanded(**services: dict[str, Any]) -> replicas.Expanded:
    return replicas.expand(services)


@pytest.mark.parametrize(
    ("service", "hosts"),
    [
        ({}, ["app"]),
        ({"scale": 1}, ["app"]),
        ({"deploy": {"replicas": 1}}, ["app"]),
        ({"deploy": {"resources": {}}}, ["app"]),
        ({"scale": 2}, ["app-1", "app-2"]),
        (THREE, ["app-1", "app-2", "app-3"]),
        ({"scale": 2, "deploy": {"replicas": 2}}, ["app-1", "app-2"]),
        ({"scale": 0}, []),
        ({"deploy": {"replicas": 0}}, []),
    ],
)
def test_hosts_of_a_service(service: dict[str, Any], hosts: list[str]) -> None:
    found = expanded(app=service, other={})
    assert list(found.services) == [*hosts, "other"]
    assert found.service_of == (dict.fromkeys(hosts, "app") if len(hosts) > 1 else {})


def test_replica_says_no_more_of_how_many_there_are() -> None:
    resources = {"limits": {"cpus": "1"}}
    found = expanded(
        app={"image": "x", "scale": 2, "deploy": {"replicas": 2, "resources": resources}},
        plain={"image": "x", **THREE},
    ).services
    assert found["app-2"] == {"image": "x", "deploy": {"resources": resources}}
    assert found["plain-1"] == {"image": "x"}


@pytest.mark.parametrize(
    "needed", [["app", "db", "none"], {name: {"condition": "c"} for name in ("app", "db", "none")}]
)
def test_who_needs_a_service_needs_each_of_its_hosts(needed: Any) -> None:
    found = expanded(app={"scale": 2}, db={}, none={"scale": 0}, user={"depends_on": needed})
    how = {"condition": "c" if isinstance(needed, dict) else "service_started"}
    assert found.services["user"]["depends_on"] == dict.fromkeys(["app-1", "app-2", "db"], how)


def test_what_is_one_hosts_is_the_firsts() -> None:
    user = {
        "network_mode": "service:app",
        "pid": "service:db",
        "volumes_from": ["app:ro", "db"],
        "links": ["app", "app:door", "db:store"],
    }
    found = expanded(app={"scale": 2}, db={}, user=user).services["user"]
    assert found == {
        "network_mode": "service:app-1",
        "pid": "service:db",
        "volumes_from": ["app-1:ro", "db"],
        "links": ["app-1:app", "app-2:app", "app-1:door", "app-2:door", "db:store"],
    }


def test_networks_are_each_hosts_own() -> None:
    found = expanded(app={"scale": 2, "networks": {"wire": {"aliases": ["a"]}, "other": None}})
    one, other = (found.services[name]["networks"] for name in ("app-1", "app-2"))
    assert one == other == {"wire": {"aliases": ["a"]}, "other": None}
    assert one is not other
    assert one["wire"] is not other["wire"]


@pytest.mark.parametrize(
    ("services", "keys", "text"),
    [
        (
            {"app": {"scale": 2}, "app-2": {}},
            ("services", "app-2"),
            "is also the name of a replica of app, which has 2; rename one of them",
        ),
        (
            {"app": {"scale": 2, "container_name": "x"}},
            ("services", "app", "container_name"),
            replicas.NOT_FOR_SEVERAL,
        ),
        (
            {"app": {**THREE, "networks": {"wire": {"ipv4_address": "198.18.0.9"}}}},
            ("services", "app", "networks", "wire", "ipv4_address"),
            replicas.NOT_FOR_SEVERAL,
        ),
        (
            {"app": {**THREE, "mac_address": "02:42:ac:11:00:02"}},
            ("services", "app", "mac_address"),
            replicas.NOT_FOR_SEVERAL,
        ),
        (
            {"app": {"scale": -1}},
            ("services", "app", "scale"),
            "-1 is no number of hosts; write 0 or more",
        ),
        (
            {"app": {"scale": 0}},
            ("services",),
            "each has 0 replicas, so there are no hosts; give one of them 1 or more",
        ),
        (
            {"app": {"scale": 2, **THREE}},
            ("services", "app", "scale"),
            "is 2, and deploy.replicas is 3; keep one of them",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(
    services: dict[str, Any], keys: tuple[str, ...], text: str
) -> None:
    with pytest.raises(LocatedError) as refused:
        replicas.expand(services)
    assert refused.value.keys == keys
    assert str(refused.value) == f"{'.'.join(keys)}: {text}"


def test_fixed_address_of_one_host_is_its_own() -> None:
    service = {"scale": 1, "container_name": "x", "networks": {"w": {"ipv4_address": "198.18.0.9"}}}
    assert list(expanded(app=service).services) == ["app"]


def test_hosts_stand_in_the_order_of_their_numbers() -> None:
    hosts = [("b", ""), ("app-10", "app"), ("app-2", "app"), ("a", "")]
    ordered = sorted(hosts, key=lambda one: replicas.in_order(*one))
    assert [name for name, _ in ordered] == ["a", "app-2", "app-10", "b"]


def test_mistake_of_a_host_is_told_where_its_service_stands() -> None:
    found = expanded(app={"scale": 12}, plain={})
    text = "services.app-1.dns: app-1 and services.app-10"
    with pytest.raises(LocatedError) as told, found.places():
        raise LocatedError(("services", "app-1", "dns", 0), text)
    assert told.value.keys == ("services", "app", "dns", 0)
    assert str(told.value) == "services.app.dns: app-1 and services.app-10"
    with pytest.raises(LocatedError, match=r"services\.plain: x") as same, found.places():
        raise LocatedError(("services", "plain"), "services.plain: x")
    assert same.value.keys == ("services", "plain")
