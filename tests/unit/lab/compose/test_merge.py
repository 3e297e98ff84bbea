"""Several compose files are one, as the Compose Specification merges them."""

from pathlib import Path
from typing import Any

import pytest

from lab.compose.loading import load
from lab.errors import TopologyError

BASE = """\
services:
  a:
    image: x
    command: [one]
    environment: [KEEP=1, CHANGE=1]
    labels: {l: "1"}
    ports: ["80:80"]
    dns: 192.0.2.1
    tmpfs: /t:size=1m
    volumes: ["./one:/data", "./kept:/kept"]
    depends_on: [b]
    networks: [wire]
    healthcheck: {test: [CMD, old, words], interval: 3s}
    cap_add: [NET_ADMIN]
    ulimits: {nofile: 10}
    logging: {driver: json-file, options: {max-size: 1m}}
    extra_hosts: ["h:192.0.2.1", "h:192.0.2.2", "k=192.0.2.3"]
  b: {image: y}
networks: {wire: {}, other: {}}
"""


def merged(folder: Path, over: str, base: str = BASE) -> Any:
    for name, text in (("a.yaml", base), ("b.yaml", over)):
        (folder / name).write_text(text)
    return load([folder / "a.yaml", folder / "b.yaml"], {}).plain()


def service(folder: Path, lines: str) -> Any:
    body = "".join(f"    {line}\n" for line in lines.splitlines())
    return merged(folder, f"services:\n  a:\n{body}")["services"]["a"]


@pytest.mark.parametrize(
    ("over", "key", "value"),
    [
        ("image: z", "image", "z"),
        ("command: two", "command", "two"),
        ("command:", "command", None),
        (
            "environment: {CHANGE: 2, NEW: 3}",
            "environment",
            {"KEEP": "1", "CHANGE": 2, "NEW": 3},
        ),
        ("environment: [NEW]", "environment", {"KEEP": "1", "CHANGE": "1", "NEW": None}),
        ("labels: [m=2]", "labels", {"l": "1", "m": "2"}),
        ("ports: ['81:80']", "ports", ["80:80", "81:80"]),
        ("dns: [192.0.2.2]", "dns", ["192.0.2.1", "192.0.2.2"]),
        ("tmpfs: ['/t:size=2m', /u]", "tmpfs", ["/t:size=2m", "/u"]),
        ("volumes: ['./two:/data']", "volumes", ["./two:/data", "./kept:/kept"]),
        (
            "depends_on: {c: {condition: service_healthy}}",
            "depends_on",
            {"b": {"condition": "service_started"}, "c": {"condition": "service_healthy"}},
        ),
        ("networks: {other: {}}", "networks", {"wire": None, "other": {}}),
        (
            "healthcheck: {test: [CMD, new]}",
            "healthcheck",
            {"test": ["CMD", "new"], "interval": "3s"},
        ),
        ("cap_add: [NET_ADMIN, NET_RAW]", "cap_add", ["NET_ADMIN", "NET_RAW"]),
        ("ulimits: {nofile: {soft: 1, hard: 2}}", "ulimits", {"nofile": {"soft": 1, "hard": 2}}),
        ("logging: {driver: none}", "logging", {"driver": "none"}),
        (
            "extra_hosts: {h: 192.0.2.9, k: [192.0.2.3, 192.0.2.4]}",
            "extra_hosts",
            {"h": ["192.0.2.1", "192.0.2.2", "192.0.2.9"], "k": ["192.0.2.3", "192.0.2.4"]},
        ),
        ("ports: !override ['1:1']", "ports", ["1:1"]),
        ("environment: {KEEP: !reset null}", "environment", {"CHANGE": "1"}),
    ],
)  # fmt: skip
def test_key_is_merged_by_its_rule(tmp_path: Path, over: str, key: str, value: Any) -> None:
    assert service(tmp_path, over)[key] == value


def test_what_is_reset_is_gone(tmp_path: Path) -> None:
    assert "ports" not in service(tmp_path, "ports: !reset []")
    assert list(merged(tmp_path, "services:\n  b: !reset\n")["services"]) == ["a"]


def test_extension_is_replaced_whole(tmp_path: Path) -> None:
    assert merged(tmp_path, "x-a: {c: 2}\n", "x-a: {b: 1}\nservices: {}\n")["x-a"] == {"c": 2}


def test_what_cannot_be_merged_names_both_places(tmp_path: Path) -> None:
    with pytest.raises(TopologyError) as caught:
        service(tmp_path, "healthcheck: text")
    assert str(caught.value) == (
        f"{tmp_path}/b.yaml:3: services.a.healthcheck is of another kind than in"
        f" {tmp_path}/a.yaml:13; write both in one way"
    )
