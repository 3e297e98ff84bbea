"""Who knows whom by which name, and which interface is whose, is the same on every engine."""

import json
from collections.abc import Iterator
from ipaddress import IPv4Interface
from pathlib import Path

import pytest

from lab.api.engine import Engine
from lab.api.host import Host
from lab.api.lab import Lab
from tests.integration.helpers import new_lab

FILE = Path(__file__).parent / "topologies" / "networks.yaml"
NAMES = [
    *("a", "ha", "ha.example.org", "aw", "ao", "b", "hb", "bw", "both", "c", "C", "co", "d"),
    *("dw", "do", "e", "f", "g", "hg"),
]
# All at once: Docker asks outside for a name that nobody there has, and waits for an answer.
LOOK = """\
import concurrent.futures, json, socket, sys
def look(name):
    try:
        infos = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)
        return sorted(info[4][0] for info in infos)
    except socket.gaierror:
        return []
with concurrent.futures.ThreadPoolExecutor(32) as pool:
    print(json.dumps(list(pool.map(look, sys.argv[1:]))))
"""


@pytest.fixture(scope="module")
def lab(engine: Engine) -> Iterator[Lab]:
    with new_lab(engine, FILE) as lab:
        yield lab


def interfaces(host: Host) -> list[IPv4Interface]:
    """Return a host's IPv4 addresses, eth0's first."""
    output = host.run(["ip", "-json", "-4", "address"], timeout_s=20)
    links = {link["ifname"]: link["addr_info"][0] for link in json.loads(output.stdout)}
    named = [links[name] for name in sorted(links) if name.startswith("eth")]
    return [IPv4Interface(f"{one['local']}/{one['prefixlen']}") for one in named]


@pytest.fixture(scope="module")
def address(lab: Lab) -> dict[str, str]:
    """Return the address of each host on each network, as `a.wire`."""
    of = {name: interfaces(host) for name, host in lab.hosts.items()}
    (wire,), (other,), (alone,) = of["b"], of["c"], of["e"]
    found = {"b.wire": wire, "c.other": other, "e.alone": alone}
    for name in "adg":
        for one in of[name]:
            network = {wire.network: "wire", other.network: "other"}.get(one.network, "zone")
            found[f"{name}.{network}"] = one
    return {key: str(one.ip) for key, one in found.items()}


# From whom, the address of each name; all other names are unknown there. C is c's container_name.
WIRE = {"aw": "a.wire", "b": "b.wire", "hb": "b.wire", "bw": "b.wire", "both": "b.wire d.wire"}
WIRE |= {"dw": "d.wire"}
OTHER = {"a": "a.other", "ao": "a.other", "c": "c.other", "C": "c.other", "co": "c.other"}
OTHER |= {"d": "d.other", "do": "d.other", "ha.example.org": "a.other"}
IN_WIRE = {"a": "a.wire", "ha.example.org": "a.wire", "d": "d.wire", "g": "g.wire", "hg": "g.wire"}
OWN = dict.fromkeys(("ha", "ha.example.org"), "a.other a.wire")
KNOWN = {
    "a": {**WIRE, **OTHER, **OWN, "g": "g.wire", "hg": "g.wire"},
    "b": {**WIRE, **IN_WIRE},
    "c": OTHER,
    "d": {**WIRE, **OTHER, "d": "d.other d.wire", "g": "g.wire", "hg": "g.wire"},
    "e": {"e": "e.alone"},
    "f": {},
    "g": {**WIRE, **IN_WIRE, "g": "g.zone", "hg": "g.wire g.zone"},
}


@pytest.mark.parametrize("asker", KNOWN)
def test_host_knows_whom_it_shares_a_network_with(
    lab: Lab, address: dict[str, str], asker: str
) -> None:
    full = [name.replace("C", f"{lab.name}-c") for name in NAMES]
    output = lab.host(asker).run(["python3", "-c", LOOK, *full], timeout_s=60)
    found = dict(zip(NAMES, json.loads(output.stdout), strict=True))
    known = {name: sorted(address[one] for one in of.split()) for name, of in KNOWN[asker].items()}
    assert found == {name: known.get(name, []) for name in NAMES}


def test_own_name_is_the_whole_of_it(lab: Lab) -> None:
    ask = "import socket; print(socket.gethostname(), socket.getfqdn())"
    output = lab.host("a").run(["python3", "-c", ask], timeout_s=20)
    assert output.stdout.split() == [b"ha.example.org", b"ha.example.org"]


def test_first_interface_is_of_the_first_network_and_the_one_that_leads_outside(
    lab: Lab, address: dict[str, str]
) -> None:
    order = {name: [str(one.ip) for one in interfaces(lab.host(name))] for name in ("a", "d", "g")}
    assert order == {
        "a": [address["a.other"], address["a.wire"]],
        "d": [address["d.other"], address["d.wire"]],
        "g": [address["g.zone"], address["g.wire"]],
    }


def test_names_are_the_same_after_a_restart(lab: Lab, address: dict[str, str]) -> None:
    lab.host("a").restart()
    ask = ["getent", "ahostsv4", "ha"]
    found = {line.split()[0] for line in lab.host("a").run(ask, timeout_s=20).stdout.splitlines()}
    assert found == {address["a.other"].encode(), address["a.wire"].encode()}
