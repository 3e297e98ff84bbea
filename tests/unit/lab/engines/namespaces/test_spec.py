"""What the supervisor is told arrives as it was sent."""

from lab.compose.model import Health, Interface, Network
from lab.engines.namespaces.spec import File, HostSpec, LabSpec, Mount

SERVER = HostSpec(
    name="server",
    host_name="server.lab",
    argv=("python3", "-m", 'a "b"', "grüß\n"),
    environment={"A": "1", "EMPTY": "", "LINE": "a\nb"},
    interfaces=(
        Interface(
            "wire", "10.0.0.2/24", "fd00::2/64", "02:00:00:00:00:07", ("10.0.0.1", "fd00::1")
        ),
        Interface("other", "", ""),
    ),
    mounts=(
        Mount("/a", "data"),
        Mount("/b", "/here", read_only=True),
        Mount("/c", tmpfs_options=""),
        Mount("/d", tmpfs_options="mode=0755"),
    ),
    health=Health(("true",), 1.0, 0.5, 30, 10.0, 0.25),
    depends_on={"syslog": "service_healthy", "names": "service_started"},
    name_servers=("10.0.0.53",),
    resolver_options=("timeout:1",),
    sysctls={"net.ipv4.ip_unprivileged_port_start": "53"},
    stop_grace_s=2.5,
    hosts_file=1,
    own_lines=("10.0.0.2 server.lab server",),
    try_it="echo hello",
    working_dir="/srv",
    limits={"nofile": (5, 10)},
    files=(File("/run/secrets/s", "hush\n", 0o400),),
    stop_signal="SIGINT",
)
BARE = HostSpec(
    name="bare",
    host_name="bare",
    argv=(),
    environment={},
    interfaces=(),
    mounts=(),
    health=None,
    depends_on={},
    name_servers=(),
    resolver_options=(),
    sysctls={},
    stop_grace_s=10.0,
    missing="xinetd is not installed",
)
LAB = LabSpec(
    name="x",
    topology="/a/compose.yaml",
    folder="/a",
    networks=(Network("wire", ("10.0.0.1/24", "fd00::1/64")), Network("other", ())),
    hosts=(SERVER, BARE),
    hosts_files=("127.0.0.1 localhost\n", "10.0.0.2 server server.lab\nfd00::2 server\n"),
    visible=("/a", "/usr"),
)


def test_lab_travels_as_one_line() -> None:
    assert len(LAB.to_json().splitlines()) == 1


def test_lab_arrives_as_it_was_sent() -> None:
    arrived = LabSpec.from_json(LAB.to_json())
    assert arrived.to_json() == LAB.to_json()
    assert (arrived.name, arrived.topology, arrived.folder) == ("x", LAB.topology, "/a")
    assert (arrived.hosts_files, arrived.networks) == (LAB.hosts_files, LAB.networks)


def test_host_arrives_as_it_was_sent() -> None:
    server, bare = LabSpec.from_json(LAB.to_json()).hosts
    assert server.interfaces == SERVER.interfaces
    assert server.mounts == SERVER.mounts
    assert server.health is not None
    assert (server.health.interval_s, server.health.retries) == (1.0, 30)
    assert (server.health.start_period_s, server.health.start_interval_s) == (10.0, 0.25)
    assert (server.hosts_file, server.own_lines) == (1, SERVER.own_lines)
    assert server.environment == SERVER.environment
    assert list(server.depends_on.items()) == list(SERVER.depends_on.items())
    assert (bare.health, bare.missing) == (None, BARE.missing)


def test_lab_without_hosts_arrives() -> None:
    empty = LabSpec("x", "/a/compose.yaml", "/a", (), (), (), ())
    arrived = LabSpec.from_json(empty.to_json())
    assert (arrived.hosts, arrived.hosts_files) == ((), ())
