"""A fault that could never act is refused before it is on a link, in a line with what could."""

from typing import Any

import pytest

from lab.agent.wire.fault import Fault
from lab.net.parameters import ParameterError

NEVER: list[tuple[str, dict[str, Any], str]] = [
    ("reset", {"tcp": "rst"}, "tcp may be syn, syn-ack, ack or fin"),
    ("reset", {"tcp": "syn", "to": "receiver"}, "to may be sender or both"),
    ("reset", {"fragment": "later"}, "fragment may be any, first or none"),
    ("reject", {"fragment": "later"}, "fragment may be any, first or none"),
    ("reject", {"tcp": "rst", "reason": "tcp-reset"}, "tcp may be syn, syn-ack, ack or fin"),
    ("reject", {"icmp_type": "time-exceeded"}, "an error is not answered with another"),
    ("mtu", {"mtu_bytes": 1500, "max_bytes": 1000}, "max_bytes 1000: must be above mtu_bytes 1500"),
    ("mtu", {"mtu_bytes": 1500, "max_bytes": 1500}, "max_bytes 1500: must be above mtu_bytes 1500"),
    ("mtu", {"mtu_bytes": 1279, "icmp": True, "ip_version": 6}, "must be at least 1280 over IPv6"),
    ("corrupt", {"checksum": "mended", "fragment": "any"}, "must be none; or leave it"),
    ("corrupt", {"checksum": "mended", "fragment": "first"}, "must be none; or leave it"),
    ("corrupt", {"offset_bytes": 80, "max_bytes": 100}, "must be above offset_bytes"),
    ("drop", {"data": True, "max_bytes": 20}, "max_bytes 20: must be at least 21"),
    ("drop", {"data": True, "ip_version": 6, "max_bytes": 40}, "must be at least 41"),
    ("drop", {"data": True, "tcp": "fin", "max_bytes": 40}, "must be at least 41"),
    ("drop", {"port": 80, "max_bytes": 23}, "must be at least 24"),
    ("drop", {"icmp_type": "echo-request", "max_bytes": 27}, "must be at least 28"),
    ("drop", {"icmp_type": "packet-too-big", "max_bytes": 47}, "must be at least 48"),
    ("drop", {"ip_version": 6, "max_bytes": 39}, "must be at least 40"),
    ("drop", {"probability": 0}, "probability 0: must be above 0"),
    ("drop", {"burst_enter": 0, "burst_leave": 1}, "burst_enter 0: must be above 0"),
    (
        "drop",
        {"burst_enter": 1, "burst_leave": 1, "burst_probability": 0},
        "burst_probability 0: must be above 0",
    ),
]
SOMETIMES: list[tuple[str, dict[str, Any]]] = [
    ("reset", {"tcp": "syn"}),
    ("reset", {"tcp": "syn", "to": "sender"}),
    ("reject", {"tcp": "rst"}),
    ("mtu", {"mtu_bytes": 1500, "max_bytes": 1501}),
    ("mtu", {"mtu_bytes": 1280, "icmp": True, "ip_version": 6}),
    ("mtu", {"mtu_bytes": 1279, "icmp": True}),
    ("mtu", {"mtu_bytes": 1279, "ip_version": 6}),
    ("corrupt", {"checksum": "mended", "fragment": "none"}),
    ("corrupt", {"fragment": "later"}),
    ("corrupt", {"offset_bytes": 80, "max_bytes": 101}),
    ("drop", {"data": True, "max_bytes": 21}),
    ("drop", {"data": False, "max_bytes": 20}),
    ("drop", {"tcp": "fin", "max_bytes": 40}),
    ("drop", {"port": 80, "max_bytes": 24}),
    ("drop", {"probability": 1e-9}),
    ("drop", {"burst_enter": 0, "burst_leave": 1, "gap_probability": 0.1}),
]


def words(case: Any) -> str:
    return str(case) if isinstance(case, dict) else ""


@pytest.mark.parametrize(("name", "asked", "said"), NEVER, ids=words)
def test_what_can_never_act_is_refused(name: str, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Fault(name, asked)
    text = str(caught.value)
    assert text.startswith(f"{name}: ")
    assert said in text
    assert "no packet would match" in text or "it would never act" in text


@pytest.mark.parametrize(("name", "asked"), SOMETIMES, ids=words)
def test_what_can_is_not(name: str, asked: dict[str, Any]) -> None:
    Fault(name, asked)
