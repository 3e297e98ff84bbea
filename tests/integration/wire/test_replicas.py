"""Replicas of a service are hosts; the service's name stands for all of them.

A fault on `client -> app` that left one of them out would make a lie of every test with it, so each
replica is asked for what it got.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import ip_address
from pathlib import Path

import pytest

from lab.api.engine import Engine
from lab.api.lab import Lab
from lab.errors import UsageError
from tests.integration import command
from tests.integration.helpers import ROOT, lines_with, new_lab
from tests.integration.wire.ends import Ends, assert_all_arrive, numbered
from tests.integration.wire.sockets import Sockets, sockets_of
from tests.waiting import wait_until

FILE = Path(__file__).parents[1] / "topologies" / "replicas.yaml"
APPS = ("app-1", "app-2", "app-3")
LOOK = """\
import json, socket, sys
def look(name):
    try:
        return sorted({info[4][0] for info in socket.getaddrinfo(name, None)})
    except socket.gaierror:
        return []
print(json.dumps({name: look(name) for name in sys.argv[1:]}))
"""


@pytest.fixture(scope="module")
def replicated(engine: Engine) -> Iterator[tuple[Lab, dict[str, Sockets]]]:
    with new_lab(engine, FILE) as lab, ExitStack() as programs:
        yield lab, {n: programs.enter_context(sockets_of(host)) for n, host in lab.hosts.items()}
        programs.close()


@pytest.fixture
def lab(replicated: tuple[Lab, dict[str, Sockets]]) -> Lab:
    return replicated[0]


@pytest.fixture
def ends(replicated: tuple[Lab, dict[str, Sockets]], version: int) -> Iterator[Ends]:
    ends = Ends(*replicated, version, "client", "app-1")
    yield ends
    for sockets in replicated[1].values():
        sockets.close_all()
    assert replicated[0].faults() == []


def test_each_replica_is_a_host_with_addresses_of_its_own(lab: Lab) -> None:
    assert list(lab.hosts) == [*APPS, "client"]
    assert [host.name for host in lab.status().hosts] == [*APPS, "client"]
    every = [address for host in lab.status().hosts for address in host.addresses]
    assert len(set(every)) == 2 * 4


@pytest.mark.parametrize("host", ["client", "app-1"])
def test_service_has_the_addresses_of_all_and_each_has_its_own_name(lab: Lab, host: str) -> None:
    names = ("app", *APPS, "client", "none")
    output = lab.host(host).run(["python3", "-c", LOOK, *names], timeout_s=20)
    found = json.loads(output.stdout)
    of = {one.name: list(one.addresses) for one in lab.status().hosts}
    wanted = {"app": sorted(one for name in APPS for one in of[name]), "none": []}
    assert found == wanted | {name: sorted(of[name]) for name in (*APPS, "client")}


def test_where_one_host_is_needed_the_replicas_are_named(lab: Lab) -> None:
    line = "host 'app': is 3 hosts; choose one: app-1, app-2, app-3"
    with pytest.raises(UsageError) as told:
        lab.host("app")
    assert str(told.value) == line
    done = command.run("exec", "--lab", lab.name, "app", "true")
    assert line in command.refused(done)
    with pytest.raises(UsageError, match="app-2: on both sides"):
        lab.partition(["app"], ["app-2"])


def test_link_from_a_replica_to_its_service_is_to_the_others(lab: Lab) -> None:
    links = [(link.source, link.target) for link in lab.links("app-2", "app")]
    assert links == [("app-2", "app-1"), ("app-2", "app-3")]
    itself = [(link.source, link.target) for link in lab.links("app-1", "app-1")]
    assert itself == [("app-1", "app-1")]


def test_partition_from_a_service_leaks_to_no_replica(ends: Ends) -> None:
    pairs = [ends.datagrams("client", app) for app in APPS]
    within = ends.datagrams("app-1", "app-3")
    with ends.lab.partition(["client"], ["app"]) as partition:
        for pair in pairs:
            pair.client.send_each(numbered(3))
            pair.server.send_each(numbered(3))
        wait_until(lambda: partition.acted >= 18, "all datagrams to be lost")
        assert partition.acted == 18
        for pair in pairs:
            assert pair.server.drain() == pair.client.drain() == []
        assert_all_arrive(within)
    for pair in pairs:
        assert_all_arrive(pair)


def test_fault_on_the_links_of_a_service_is_on_each(ends: Ends) -> None:
    pairs = [ends.datagrams("client", app) for app in APPS]
    with ends.lab.link("client", "app").drop(protocol="udp", first=1) as fault:
        for number, pair in enumerate(pairs, 1):
            pair.client.send_each(numbered(2))
            assert pair.server.receive(1)[0].startswith(b"2 ")
            assert (fault.matched, fault.acted) == (2 * number, number)
        assert fault.status.exhausted
    assert (fault.matched, fault.acted, fault.status.target) == (6, 3, "app")
    for pair in pairs:
        assert_all_arrive(pair)


def test_commands_take_a_service_for_all_its_replicas(lab: Lab) -> None:
    def states() -> list[str]:
        return [host.state for host in lab.status().hosts]

    asked = ("--lab", lab.name)
    done = command.run("pause", *asked, "app", "app-2")
    assert done.stdout == "paused: app-1, app-2, app-3\n", done
    assert states() == ["paused"] * 3 + ["running"]
    assert command.run("resume", *asked, "app").returncode == 0
    wait_until(lambda: states() == ["running"] * 4, "the hosts to go on")
    added = command.run_json("partition", *asked, "client", "app")
    try:
        links = {(fault["source"], fault["target"]) for fault in added}
        assert links == {link for app in APPS for link in (("client", app), (app, "client"))}
    finally:
        assert command.run("fault", "clear", *asked).returncode == 0
    added = command.run_json("fault", "add", *asked, "app", "client", "drop", "--syn")
    assert [fault["id"].partition("/")[0] for fault in added] == ["client"] * 3
    assert command.run("fault", "clear", *asked).returncode == 0
    said = command.run("logs", *asked, "app", "--output").stdout
    assert said.count("replica is up") == 3
    assert [name in said for name in APPS] == [True] * 3


def test_capture_of_a_service_is_of_all_its_replicas(ends: Ends, tmp_path: Path) -> None:
    pairs = [ends.datagrams("client", app) for app in APPS]
    with ends.lab.capture(tmp_path / "wire.pcapng", hosts=["app", "app-1"]) as capture:
        for pair in pairs:
            assert_all_arrive(pair, 3)
    assert capture.hosts == APPS
    assert capture.captured.arrived_packets >= 9


def test_replica_that_is_connected_again_has_all_its_names(lab: Lab) -> None:
    host = lab.host("app-2")
    before = host.status().addresses
    host.disconnect()
    assert host.status().addresses == ()
    with pytest.raises(UsageError, match="app-2 has no address; is it connected"):
        lab.link("app", "client")
    host.connect()
    assert host.status().addresses == before
    output = lab.host("client").run(["python3", "-c", LOOK, "app"], timeout_s=20)
    assert {ip_address(one) for one in before} <= {
        ip_address(one) for one in json.loads(output.stdout)["app"]
    }


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (
            "  app-2: {image: socket-lab/host, command: sleep 60}\n",
            6,
            "services.app-2: is also the name of a replica of app, which has 2",
        ),
        ("    container_name: one\n", 6, "services.app.container_name: is for one host"),
        (
            "    networks: {default: {ipv4_address: 198.18.0.9}}\n",
            6,
            "services.app.networks.default.ipv4_address: is for one host",
        ),
    ],
)
def test_what_replicas_cannot_have_is_refused_at_its_line(
    engine: Engine, tmp_path: Path, text: str, line: int, told: str
) -> None:
    file = tmp_path / "compose.yaml"
    app = "  app:\n    image: socket-lab/host\n    command: sleep 60\n    scale: 2\n"
    file.write_text(f"services:\n{app}{text}")
    said = command.refused(command.run("up", "--engine", engine.name, cwd=tmp_path))
    assert f"compose.yaml:{line}: {told}" in said
    assert ("rename" in said) or ("leave it out" in said)


SCENARIO = """\
title: Every replica of a service is out of reach
shows: a partition from the service is one from each of its replicas
compose: {file}
steps:
  - {{on: app-1, call: listen, as: door, port: 21567}}
  - {{on: app-2, call: listen, as: door, port: 21567}}
  - {{fault: partition, between: [client, app], as: outage}}
  - {{on: client, call: connect, as: a, to: "app-1:21567", later: one}}
  - {{on: client, call: connect, as: b, to: "app-2:21567", later: other}}
  - {{wait: {{packets: {{link: client -> app, tcp: syn}}, count: 2}}}}
  - {{lift: outage, at_least: 2}}
  - {{collect: one, within: 9s}}
  - {{collect: other, within: 9s}}
  - {{fault: pause, on: app, as: pause}}
  - {{lift: pause}}
  - {{expect: {{packets: {{link: client -> app, tcp: syn, fate: dropped}}, at_least: 2}}}}
"""


def test_scenario_with_replicas_gives_the_same_verdict_again(
    engine: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(SCENARIO.format(file=FILE), encoding="utf-8")
    results = tmp_path / "results"
    done = command.run("run", str(file), "--engine", engine.name, "--results", str(results))
    assert done.returncode == 0, done.stdout + done.stderr
    (folder,) = {path.parent for path in results.rglob("events.jsonl")}
    again = command.run("verify", str(folder))
    assert again.returncode == 0, again.stdout + again.stderr
    page = command.run("report", str(folder))
    assert page.returncode == 0, page.stderr


WITH_SYSLOG = f"""\
services:
  app:
    image: socket-lab/host
    pull_policy: never
    command: [sleep, infinity]
    init: true
    stop_grace_period: 0s
    scale: 2
    cap_drop: [ALL]
    cap_add: [SETUID, SETGID]
    depends_on: {{syslog: {{condition: service_healthy}}}}
    volumes: ["app-log:/run/host"]
  syslog:
    image: socket-lab/syslog
    pull_policy: never
    init: true
    read_only: true
    network_mode: none
    tmpfs: [/run/rsyslog]
    stop_grace_period: 0s
    labels:
      socket-lab.needs: rsyslogd
      socket-lab.native: sh {ROOT}/hosts/syslog/entrypoint {ROOT}/hosts/syslog/rsyslog.conf
    healthcheck: {{test: "ss -Hxa 'src /run/hosts/*' | grep -q .", interval: 1s, retries: 30}}
    volumes: ["app-log:/run/hosts/app"]
volumes: {{app-log: }}
"""


def test_syslog_of_replicas_has_the_name_of_the_socket_that_they_share(
    engine: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(WITH_SYSLOG, encoding="utf-8")
    with new_lab(engine, file) as lab:
        for name in ("app-1", "app-2"):
            argv = ["logger", "--socket", "/run/host/log", f"from {name}"]
            done = lab.host(name).run(argv, user="lab", timeout_s=20)
            assert done.exit_status == 0, done
        lines = lines_with(lab, "from app-", at_least=2)
        assert [(line.host, line.message) for line in lines] == [
            ("app", "from app-1"),
            ("app", "from app-2"),
        ]
        for asked in ((), ("app",), ("app-2",)):
            shown = command.run("logs", "--lab", lab.name, *asked).stdout
            assert "from app-2" in shown, asked
