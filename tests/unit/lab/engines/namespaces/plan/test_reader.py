"""The embedded engine reads the same compose file, and says what of it is otherwise there."""

import shutil
import sys
from pathlib import Path

import pytest

from lab.compose import etc_hosts
from lab.compose.model import Health, Interface, Network
from lab.engines.namespaces.plan import reader
from lab.engines.namespaces.spec import HostSpec, LabSpec, Mount
from lab.errors import TopologyError
from lab.model import ComposeFiles

PROJECT = Path(__file__).parents[6]
OURS = "  a:\n    image: socket-lab/host\n    command: sh\n"


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return the programs that this machine has; a test may remove one."""
    programs = {"xinetd", "dnsmasq", "rsyslogd", "sh"}

    def which(program: str, path: str = "") -> str | None:
        del path
        return f"/bin/{program}" if program in programs else None

    monkeypatch.setattr(shutil, "which", which)
    for name in ("LAB_WIRE_IPV4", "LAB_WIRE_IPV6"):
        monkeypatch.delenv(name, raising=False)
    return programs


def read(folder: Path, services: str) -> tuple[LabSpec, list[str]]:
    path = folder / "compose.yaml"
    path.write_text("services:\n" + services)
    return reader.read(ComposeFiles((path,)), "x")


def host(folder: Path, lines: str) -> HostSpec:
    """Return a host that has these lines in its compose file."""
    lab, _ = read(folder, OURS + "".join(f"    {line}\n" for line in lines.splitlines()))
    return lab.hosts[0]


def known(lab: LabSpec, key: str) -> dict[str, tuple[str, ...]]:
    """Return a host's /etc/hosts: the names of each address, but for its own loopback."""
    (spec,) = (spec for spec in lab.hosts if spec.name == key)
    text = etc_hosts.with_own(lab.hosts_files[spec.hosts_file], spec.own_lines)
    lines = [line.split() for line in text.splitlines()]
    return {address: tuple(of) for address, *of in lines if of[0] != "localhost"}


@pytest.fixture
def project() -> LabSpec:
    return reader.read(ComposeFiles((PROJECT / "compose.yaml",)), "x")[0]


def test_projects_file_gives_its_hosts(project: LabSpec) -> None:
    assert [h.name for h in project.hosts] == ["server", "inetd", "client", "names", "syslog"]
    assert [h.host_name for h in project.hosts] == [h.name for h in project.hosts]
    routers = ("198.18.67.1/24", "fd6b:9f3e:52c1::1/64")
    assert project.networks == (Network("wire", routers),)
    assert (project.name, project.folder) == ("x", str(PROJECT))
    assert project.topology == str(PROJECT / "compose.yaml")
    assert {str(PROJECT), sys.prefix, sys.base_prefix} <= set(project.visible)


def test_projects_programs_run_on_this_machines_python(project: LabSpec) -> None:
    server, inetd, client, names, syslog = project.hosts
    assert server.argv[:3] == (sys.executable, "-m", "services.host")
    assert server.argv[3:5] == ("tcp_time_server --concurrency thread", "udp_time_server")
    assert client.argv[:4] == (sys.executable, "-m", "services.host", "--hold")
    assert inetd.argv[:2] == ("xinetd", "-dontfork")
    assert names.argv == ("dnsmasq", "--keep-in-foreground", "--conf-file=hosts/names/dnsmasq.conf")
    assert syslog.argv == ("sh", "hosts/syslog/entrypoint", "hosts/syslog/rsyslog.conf")
    assert client.try_it == "python3 -m services.client server"


def test_projects_hosts_have_their_addresses(project: LabSpec) -> None:
    v4, v6 = "198.18.67.{}/24", "fd6b:9f3e:52c1::{}/64"
    nobody = ("198.18.67.254", "fd6b:9f3e:52c1::dead")

    def wired(ipv4: int, ipv6: int) -> tuple[Interface]:
        return (Interface("wire", v4.format(ipv4), v6.format(ipv6), next_hops=nobody),)

    assert {h.name: h.interfaces for h in project.hosts} == {
        "server": wired(2, 2),
        "inetd": wired(3, 3),
        "client": wired(4, 4),
        "names": wired(53, 5),
        "syslog": (),
    }


def test_projects_hosts_have_names_for_both_addresses(project: LabSpec) -> None:
    assert known(project, "client") == {
        **{f"198.18.67.{n}": (name,) for n, name in ((2, "server"), (3, "inetd"), (4, "client"))},
        **{
            f"fd6b:9f3e:52c1::{n}": (name,)
            for n, name in ((2, "server"), (3, "inetd"), (4, "client"))
        },
        "198.18.67.53": ("names",),
        "fd6b:9f3e:52c1::5": ("names",),
    }
    # It has no network, so it knows nobody.
    assert known(project, "syslog") == {}


def test_projects_hosts_have_mounts_checks_and_order(project: LabSpec) -> None:
    server, inetd, client, names, syslog = project.hosts
    assert server.mounts == (
        Mount("/run/host", "server-log"),
        Mount("/run/lab", tmpfs_options="mode=0755"),
        Mount("/tmp", tmpfs_options=""),  # noqa: S108 (the host's own)
    )
    assert [(m.source, m.target) for m in syslog.mounts if m.source] == [
        (f"{name}-log", f"/run/hosts/{name}") for name in ("server", "inetd", "client", "names")
    ]
    assert client.health
    assert "test -e /run/lab/ready" in client.health.argv[-1]
    assert client.health._replace(argv=()) == Health((), 0.1, 10.0, 200, 0.0)
    assert server.health
    assert "$(ss -Hlntu" in server.health.argv[-1]
    assert client.depends_on == dict.fromkeys(
        ("syslog", "names", "server", "inetd"), "service_healthy"
    )
    assert inetd.depends_on == server.depends_on == {"syslog": "service_healthy"}
    assert (client.name_servers, client.resolver_options) == (
        ("198.18.67.53",),
        ("timeout:1", "attempts:1"),
    )
    assert names.sysctls == {"net.ipv4.ip_unprivileged_port_start": "53"}


def test_variables_choose_the_projects_subnet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_WIRE_IPV4", "198.18.9")
    lab, _ = reader.read(ComposeFiles((PROJECT / "compose.yaml",)), "x")
    assert [h.interfaces[0].ipv4 for h in lab.hosts[:4]] == [
        f"198.18.9.{n}/24" for n in (2, 3, 4, 53)
    ]


def test_env_file_sets_variables_and_the_environment_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("FIRST_A=file\nFIRST_B=file\n")
    monkeypatch.setenv("FIRST_B", "environment")
    assert host(tmp_path, "hostname: $FIRST_A-$FIRST_B").host_name == "file-environment"
    assert host(tmp_path, "hostname: $COMPOSE_PROJECT_NAME").host_name == "x"


@pytest.mark.parametrize(
    ("service", "what"),
    [("image: postgres:17", "needs the image postgres:17"), ("build: .", "an image that is built")],
)
def test_service_that_needs_an_image_is_refused(tmp_path: Path, service: str, what: str) -> None:
    with pytest.raises(TopologyError) as caught:
        read(tmp_path, OURS + f"  db:\n    {service}\n    command: sh\n")
    text = str(caught.value)
    assert text.startswith(f"{tmp_path}/compose.yaml:5: services.db needs")
    assert what in text
    assert "--engine compose" in text


def test_label_makes_a_service_with_any_image_run(tmp_path: Path) -> None:
    labels = "labels: {socket-lab.native: python3 -c 'a b'}"
    lab, notes = read(tmp_path, f"  db:\n    image: postgres\n    command: x\n    {labels}\n")
    assert lab.hosts[0].argv == (sys.executable, "-c", "a b")
    assert notes == []


@pytest.mark.parametrize(
    "key", ["command: [python3, a, python]", "command: python3 a python", "entrypoint: python3 a"]
)
def test_python_is_the_labs_own(tmp_path: Path, key: str) -> None:
    lab, notes = read(tmp_path, f"  a:\n    image: socket-lab/host\n    {key}\n")
    assert lab.hosts[0].argv[:2] == (sys.executable, "a")
    assert "python" not in lab.hosts[0].argv
    assert notes == []


def test_command_comes_after_the_entry_point(tmp_path: Path) -> None:
    assert host(tmp_path, "entrypoint: [sh, -e]").argv == ("sh", "-e", "sh")


def test_program_that_is_missing_is_named_with_its_package(
    tmp_path: Path, installed: set[str]
) -> None:
    installed.remove("xinetd")
    service = "  a:\n    image: socket-lab/inetd\n    labels: {socket-lab.native: xinetd -d}\n"
    lab, notes = read(tmp_path, service)
    assert lab.hosts[0].argv == ()
    (note,) = notes
    assert note.startswith("a: xinetd is not installed")
    assert "apt-get install xinetd" in note


def test_command_of_the_file_itself_is_started_though_it_may_not_be_there(tmp_path: Path) -> None:
    service = "  a:\n    image: socket-lab/host\n    command: no-such-command -x\n"
    lab, notes = read(tmp_path, service)
    assert lab.hosts[0].argv == ("no-such-command", "-x")
    assert notes == []


def test_folder_that_is_to_be_mounted_must_be_there(tmp_path: Path) -> None:
    service = "  a:\n    image: socket-lab/host\n    command: sh\n    volumes: [./nowhere:/x]\n"
    said = r"compose.yaml:5: services.a.volumes: .*/nowhere is not there"
    with pytest.raises(TopologyError, match=said):
        read(tmp_path, service)


def test_without_rsyslog_the_labs_own_receiver_runs(installed: set[str]) -> None:
    installed.remove("rsyslogd")
    lab, notes = reader.read(ComposeFiles((PROJECT / "compose.yaml",)), "x")
    assert lab.hosts[-1].argv == (sys.executable, "-m", "lab.engines.namespaces.host.syslogd")
    assert any(note.startswith("syslog: rsyslogd is not installed") for note in notes)


def test_projects_limits_are_named_and_nothing_else() -> None:
    _, notes = reader.read(ComposeFiles((PROJECT / "compose.yaml",)), "x")
    everyone = "(server, inetd, client, names, syslog)"
    assert sorted(notes) == [
        f"not on this engine: {key} {everyone}" for key in ("mem_limit", "pids_limit")
    ]


def test_service_without_networks_is_on_the_default_one(tmp_path: Path) -> None:
    lab, _ = read(tmp_path, OURS)
    assert [network.name for network in lab.networks] == ["default"]
    assert lab.hosts[0].interfaces == (
        Interface("default", "198.18.0.2/24", "", next_hops=("198.18.0.1",)),
    )
    assert known(lab, "a") == {"198.18.0.2": ("a",)}


def test_host_is_known_by_its_names_on_every_network(tmp_path: Path) -> None:
    lines = "    hostname: h\n    networks: {left: {aliases: [l]}, right: }\n"
    other = OURS.replace("a:", "b:", 1) + "    networks: [right]\n"
    networks = "networks: {left: , right: {enable_ipv6: true}}\n"
    lab, _ = read(tmp_path, OURS + lines + other + networks)
    right = {"fd00:198:18:1::2": ("a", "h"), "198.18.1.2": ("a", "h")}
    assert {address: of for address, of in known(lab, "b").items() if "b" not in of} == right


def test_services_own_environment_comes_first(tmp_path: Path) -> None:
    environment = host(tmp_path, "environment: {HOME: /x, A: 'b'}").environment
    assert (environment["HOME"], environment["A"], environment["SOCKET_LAB"]) == ("/x", "b", "x")
    assert environment["PYTHONPATH"] == str(tmp_path)


@pytest.mark.parametrize("profiles", ["", "    profiles: [debug]\n"])
def test_service_that_is_not_required_need_not_be_there(tmp_path: Path, profiles: str) -> None:
    text = f"{OURS}    depends_on: {{b: {{required: false}}, c: {{required: no}}}}\n"
    lab, _ = read(tmp_path, f"{text}  b:{OURS[4:]}{profiles}")
    assert lab.hosts[0].depends_on == ({} if profiles else {"b": "service_started"})


def test_a_native_program_with_a_relative_path_is_one_of_the_files_folder(
    tmp_path: Path, installed: set[str]
) -> None:
    installed.add(str(tmp_path / "bin" / "mine"))
    text = "  a: {image: x, labels: {socket-lab.native: ./bin/mine --now}}\n"
    lab, notes = read(tmp_path, text)
    assert lab.hosts[0].argv == ("./bin/mine", "--now")
    assert notes == []
