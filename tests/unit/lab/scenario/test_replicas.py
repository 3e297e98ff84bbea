"""In a scenario a service with several hosts stands for all of them, where several can be meant."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.errors import ScenarioError
from lab.evidence.events import SyslogLine
from lab.evidence.packets import Seen
from lab.net.packet import parse
from lab.scenario.conditions import Condition
from lab.scenario.conditions.packets import Packets
from lab.scenario.conditions.syslog import SyslogLines
from lab.scenario.hosts import Hosts
from lab.scenario.model import Scenario
from lab.scenario.reader import read
from lab.scenario.steps.expect import ExpectStep
from lab.scenario.steps.fault_host import HostFaultStep
from lab.scenario.steps.fault_link import LinkFaultStep
from tests import made_evidence as made

MACHINES = """\
services:
  client: {image: x}
  app: {image: x, deploy: {replicas: 2}}
  none: {image: x, scale: 0}
  syslog: {image: x}
"""
APPS = ("app-1", "app-2")
FORTH = (("client", "app-1"), ("client", "app-2"))
BACK = (("app-1", "client"), ("app-2", "client"))


def scenario_of(folder: Path, step: str) -> Path:
    (folder / "machines.yaml").write_text(MACHINES, encoding="utf-8")
    path = folder / "scenario.yaml"
    head = "title: x\nshows: y\ncompose: machines.yaml\nsteps:\n"
    path.write_text(f"{head}  - {step}\n", encoding="utf-8")
    return path


def only_step(folder: Path, step: str) -> Any:
    (found,) = read(scenario_of(folder, step)).steps
    return found


def test_hosts_are_the_replicas(tmp_path: Path) -> None:
    scenario = read(scenario_of(tmp_path, "{on: app-2, call: listen, as: d, port: 1}"))
    assert scenario.hosts == ("client", *APPS, "syslog")
    assert scenario.replicas == {"app": APPS}
    again = read(scenario.path, hosts=Hosts.of(scenario.hosts, scenario.replicas))
    assert isinstance(again, Scenario)
    assert again.steps == scenario.steps


@pytest.mark.parametrize(
    ("step", "links"),
    [
        ("{fault: drop, link: client -> app}", FORTH),
        ("{fault: drop, link: app -> client}", BACK),
        ("{fault: drop, link: client -> app-2}", FORTH[1:]),
        ("{fault: drop, link: app -> app}", (APPS, APPS[::-1])),
        ("{fault: drop, link: app-1 -> app}", (APPS,)),
        ("{fault: partition, between: [client, app]}", (*FORTH, *BACK)),
        ("{fault: partition, between: [app-1, app-2], one_way: true}", (APPS,)),
    ],
)
def test_fault_on_a_service_is_on_all_its_links(
    tmp_path: Path, step: str, links: tuple[tuple[str, str], ...]
) -> None:
    fault = only_step(tmp_path, step)
    assert isinstance(fault, LinkFaultStep)
    assert fault.links == links


def test_what_is_done_to_a_service_is_done_to_each_of_its_hosts(tmp_path: Path) -> None:
    fault = only_step(tmp_path, "{fault: pause, on: app}")
    assert isinstance(fault, HostFaultStep)
    assert (fault.on, fault.hosts) == ("app", APPS)


def test_packets_of_a_service_are_those_of_all_its_links(tmp_path: Path) -> None:
    step = only_step(tmp_path, "{expect: {packets: {link: client -> app}, count: 2}}")
    assert isinstance(step, ExpectStep)
    pattern = step.condition.subject
    assert isinstance(pattern, Packets)
    assert (pattern.source, pattern.target, pattern.links) == ("client", "app", FORTH)
    packet = parse(made.tcp(made.CLIENT, made.SYN))
    links = ("client -> app-1", "client -> app-2", "app-1 -> client", "client -> syslog")
    seen = [Seen(link, packet, made.DELIVERED, n) for n, link in enumerate(links)]
    assert pattern.counted(seen) == 2


def test_syslog_lines_of_a_service_are_those_of_all_its_hosts(tmp_path: Path) -> None:
    condition = only_step(tmp_path, "{expect: {syslog: up, on: app}}").condition
    assert isinstance(condition, Condition)
    assert isinstance(condition.subject, SyslogLines)
    line = SyslogLine(host="", facility="user", severity="info", message="up")
    # Of a socket that they share, the line has the service's name.
    hosts = ("app", *APPS, "client")
    fit = [host for host in hosts if condition.subject.is_meant(replace(line, host=host))]
    assert fit == ["app", *APPS]


@pytest.mark.parametrize(
    "step",
    [
        "{on: app, call: listen, as: d, port: 1}",
        "{on: app, run: echo}",
        "{on: app, sysctl: {net.ipv4.tcp_syn_retries: 2}}",
    ],
)
def test_where_one_host_is_needed_the_replicas_are_named(tmp_path: Path, step: str) -> None:
    path = scenario_of(tmp_path, step)
    with pytest.raises(ScenarioError) as refused:
        read(path)
    assert str(refused.value) == f"{path}:5: on: 'app' is 2 hosts; choose one: app-1, app-2"


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ("{fault: drop, link: client -> apps}", "'apps' is no host; did you mean app?"),
        (
            "{fault: drop, link: app <-> client}",
            "'app <-> client': a link is one direction; write app -> client and client -> app",
        ),
        (
            "{fault: drop, link: client <-> client}",
            "'client <-> client': a link is one direction; write client -> client",
        ),
        (
            "{fault: partition, between: [app, app-2]}",
            "app-2: on both sides; for what a host sends to itself, drop on app-2 -> app-2",
        ),
        ("{fault: pause, on: none}", "'none' is no host"),
    ],
)
def test_what_is_no_host_is_refused(tmp_path: Path, step: str, text: str) -> None:
    with pytest.raises(ScenarioError, match=r"scenario\.yaml:5: ") as refused:
        read(scenario_of(tmp_path, step))
    assert text in str(refused.value)


def test_only_a_host_that_is_named_as_both_ends_has_its_link_to_itself(tmp_path: Path) -> None:
    def links(link: str) -> tuple[tuple[str, str], ...]:
        step = only_step(tmp_path, f"{{fault: drop, link: {link}}}")
        assert isinstance(step, LinkFaultStep)
        return step.links

    assert links("client -> client") == (("client", "client"),)
    assert links("app-2 -> app-2") == (("app-2", "app-2"),)
    assert links("app -> app") == (("app-1", "app-2"), ("app-2", "app-1"))
    assert links("app -> app-1") == (("app-2", "app-1"),)


@pytest.mark.parametrize(
    ("step", "loopbacks"),
    [
        ("{fault: drop, link: client -> client}", {"client"}),
        ("{expect: {packets: {link: client -> client}, count: 1}}", {"client"}),
        ('{fault: drop, link: "* -> client"}', set()),
        ('{fault: drop, link: "* -> *"}', set()),
        ("{expect: {packets: {link: app -> app}, count: 1}}", set()),
        ("{expect: {syslog: up}}", set()),
    ],
)
def test_capture_must_have_what_hosts_send_to_themselves_where_that_is_meant(
    tmp_path: Path, step: str, loopbacks: set[str]
) -> None:
    assert only_step(tmp_path, step).loopbacks == loopbacks


def test_a_star_is_every_other_host(tmp_path: Path) -> None:
    step = only_step(tmp_path, '{fault: drop, link: "* -> app-1"}')
    assert isinstance(step, LinkFaultStep)
    assert step.links == (("*", "app-1"),)
    assert step.describe() == "fault drop on * -> app-1"
    condition = only_step(tmp_path, '{expect: {packets: {link: "app-1 -> *"}, count: 0}}').condition
    assert isinstance(condition.subject, Packets)
    assert condition.subject.links == tuple(
        ("app-1", other) for other in ("client", "app-2", "syslog")
    )
