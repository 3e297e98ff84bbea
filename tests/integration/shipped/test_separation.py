"""The hosts are machines of their own: network namespaces, addresses, rights."""

import json
from ipaddress import ip_address

import docker
import pytest

from lab.api.engine import Engine
from lab.api.host import Host
from lab.api.lab import Lab
from lab.engines import choice
from tests.integration.own_lab import own_lab

ON_THE_WIRE = ("server", "inetd", "client", "names")
USER = "lab"


def test_every_host_has_its_own_network_namespace(lab: Lab) -> None:
    links = {
        name: host.run(["readlink", "/proc/self/ns/net"], timeout_s=20).stdout
        for name, host in lab.hosts.items()
    }
    assert all(link.startswith(b"net:[") for link in links.values()), links
    assert len(set(links.values())) == len(lab.hosts)


def test_every_host_has_its_own_addresses_of_both_families(lab: Lab) -> None:
    addresses = [lab.host(name).status().addresses for name in ON_THE_WIRE]
    assert all({ip_address(a).version for a in of_host} == {4, 6} for of_host in addresses)
    every = [address for of_host in addresses for address in of_host]
    assert len(set(every)) == len(every) == 2 * len(ON_THE_WIRE)


def test_syslog_has_no_network(lab: Lab) -> None:
    output = lab.host("syslog").run(["ls", "/sys/class/net"], timeout_s=20)
    assert output.stdout.split() == [b"lo"]


def test_the_wire_is_internal(lab: Lab) -> None:
    if lab.status().engine == choice.NAMESPACES:
        # Its bridge has no other end than the hosts', and what it leads to is nobody.
        routes = lab.host("client").run(["ip", "-json", "route"], timeout_s=20).stdout
        found = [(route["dst"], route.get("gateway")) for route in json.loads(routes)]
        assert found == [("default", "198.18.67.254"), ("198.18.67.0/24", None)]
        return
    client = docker.from_env()
    try:
        networks = client.networks.list(filters={"label": f"socket-lab.name={lab.name}"})
    finally:
        client.close()
    assert [(n.name, n.attrs["Internal"]) for n in networks] == [(f"{lab.name}_wire", True)]


@pytest.mark.parametrize(
    ("name", "word"), [("server", "services."), ("client", "services."), ("names", "dnsmasq")]
)
def test_programs_run_without_rights(
    request: pytest.FixtureRequest, lab: Lab, name: str, word: str
) -> None:
    request.getfixturevalue(name)
    # The host's programs, and not its init process: none is root's, none has a right. (Others may
    # be there for a moment: the engine's own, on their way to a health check.)
    look = (
        "for p in /proc/[0-9]*; do [ $p != /proc/1 ] && [ $p != /proc/$$ ]"
        f" && grep -qF {word} $p/cmdline 2>/dev/null"
        ' && echo $(grep -hE "^(Uid|CapEff|CapBnd|NoNewPrivs)" $p/status); done; true'
    )
    output = lab.host(name).run(["sh", "-c", look], user=USER, timeout_s=20)
    ours = [line for line in output.stdout.decode().splitlines() if line]
    assert ours, output
    on_docker = lab.status().engine == choice.COMPOSE
    bounding = "00000000000000c0" if on_docker else "0000000000000000"
    for line in ours:
        assert line.split() == [
            *("Uid:", "800", "800", "800", "800"),
            *("CapEff:", "0000000000000000", "CapBnd:", bounding, "NoNewPrivs:", "1"),
        ], line


@pytest.mark.parametrize("name", [*ON_THE_WIRE, "syslog"])
def test_file_system_is_read_only(lab: Lab, name: str) -> None:
    output = lab.host(name).run(["touch", "/usr/new"], timeout_s=20)
    assert output.exit_status == 1
    assert b"Read-only file system" in output.stderr


def test_ports_below_1024_are_reserved(server: Host) -> None:
    argv = ["python3", "-m", "services.tcp_time_server", "--port", "80"]
    output = server.run(argv, user=USER, timeout_s=20)
    assert output.exit_status == 2
    assert output.stderr.count(b"\n") == 1
    assert b"80" in output.stderr


@pytest.mark.parametrize("user", [USER, "root"])
def test_the_machines_kernel_is_not_a_hosts_to_change(client: Host, user: str) -> None:
    places = (
        "sys/kernel/core_pattern",
        "sys/net/ipv4/ip_forward",
        "sys/vm/swappiness",
    )
    for place in places:
        # Opened only: if it may be, nothing is changed all the same.
        output = client.run(["sh", "-c", f": >>/proc/{place}"], user=user, timeout_s=20)
        assert output.exit_status != 0, place
        assert b"Read-only" in output.stderr or b"Permission denied" in output.stderr, output


def test_what_the_kernel_tells_root_alone_is_hidden(client: Host) -> None:
    for place in ("keys", "timer_list", "kcore"):
        look = f"test ! -s /proc/{place} && head -c 1 /proc/{place} | wc -c"
        output = client.run(["sh", "-c", look], timeout_s=20)
        assert output.stdout.strip() in {b"", b"0"}, (place, output)


def test_the_machines_secrets_are_not_a_hosts(namespaces: Engine) -> None:
    with own_lab(namespaces, "pair.yaml") as pair:
        for user in (USER, "root"):
            look = "cat /etc/shadow /etc/gshadow /etc/ssh/*_key 2>/dev/null | wc -c"
            output = pair.host("left").run(["sh", "-c", look], user=user, timeout_s=20)
            assert output.stdout.strip() == b"0", user
