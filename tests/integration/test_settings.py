"""What a compose file sets of a host is so on every engine, or is refused on every engine."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from lab.api.engine import Engine
from lab.api.host import Host
from lab.errors import EngineError, TopologyError
from tests.integration.helpers import new_lab

TOPOLOGIES = Path(__file__).parent / "topologies"
HEAD = "services:\n  a:\n    image: socket-lab/host\n    pull_policy: never\n"
HEAD += '    entrypoint: [sleep, "600"]\n    init: true\n'
SUBNET = "198.18.202"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of this machine that the host may write to."""
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def host(engine: Engine, out: Path) -> Iterator[Host]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OUT", str(out))
        with new_lab(engine, TOPOLOGIES / "settings.yaml") as lab:
            yield lab.host("host")


def shell(host: Host, command: str) -> list[str]:
    """Return the lines of a shell command's outputs."""
    output = host.run(["sh", "-c", f"exec 2>&1; {command}"], timeout_s=20)
    return output.stdout.decode().splitlines()


def test_mounts_are_below_folders_that_are_read_only(host: Host, out: Path) -> None:
    assert shell(host, "cat /etc/given/pair.yaml") == [
        *(TOPOLOGIES / "pair.yaml").read_text().splitlines(),
    ]
    assert shell(host, "echo hello >/usr/share/given/deep/out/said; echo a >/etc/kept/a") == []
    assert (out / "said").read_text() == "hello\n"
    for place in ("given/pair.yaml", "given/new", "new", "passwd", "../usr/share/new"):
        (said,) = shell(host, f"echo x >>/etc/{place}")
        assert "Read-only file system" in said
    # What was there is there.
    assert shell(host, "getent passwd root | cut -d: -f1; test -d /usr/share/doc && echo yes") == [
        *("root", "yes"),
    ]


def test_files_beside_the_mounts_are_the_hosts_own(host: Host) -> None:
    names = [line.split()[1:] for line in shell(host, "cat /etc/hosts")]
    assert ["settings.example.org", "settings"] in names
    assert shell(host, "hostname; cat /proc/sys/kernel/hostname") == ["settings.example.org"] * 2


def options(host: Host, target: str) -> set[str]:
    (line,) = shell(host, f"grep ' {target} ' /proc/mounts")
    return set(line.split()[3].split(","))


def test_tmpfs_has_its_options_and_those_of_docker(host: Host) -> None:
    assert options(host, "/etc/quick") >= {
        "rw",
        "nosuid",
        "nodev",
        "noexec",
        "size=128k",
        "mode=711",
    }
    assert options(host, "/etc/kept/fresh") >= {"rw", "size=64k", "mode=700"}
    assert "ro" in options(host, "/fixed")
    assert options(host, "/programs") >= {"rw", "nosuid", "nodev"}
    assert "noexec" not in options(host, "/programs")
    program = "printf '#!/bin/sh\\necho it runs\\n' >{0}/x; chmod +x {0}/x; {0}/x"
    assert shell(host, program.format("/programs")) == ["it runs"]
    (said,) = shell(host, program.format("/etc/quick"))
    assert "Permission denied" in said


def test_kernel_parameters_are_the_hosts(host: Host) -> None:
    assert shell(host, "cat /proc/sys/net/ipv4/tcp_rmem") == ["4096\t8192\t16384"]
    assert "inet6" not in " ".join(shell(host, "ip address show eth0"))


def test_words_of_yaml_mean_what_they_do_in_compose(host: Host) -> None:
    given = dict(line.partition("=")[::2] for line in shell(host, "env"))
    found = {key: given[key] for key in ("ANSWER", "WHEN", "NUMBER", "RATIO")}
    assert found == {"ANSWER": "on", "WHEN": "12:30:45", "NUMBER": "8", "RATIO": "2"}


def test_restarted_host_has_it_all_again(host: Host) -> None:
    shell(host, "echo a >/etc/kept/a")
    before = shell(host, "ip link show eth0 | grep -o ether.*brd")
    host.restart()
    assert shell(host, "cat /etc/kept/a /etc/given/pair.yaml | head -1") == ["a"]
    assert shell(host, "ip link show eth0 | grep -o ether.*brd") == before
    assert shell(host, "cat /proc/sys/net/ipv4/tcp_rmem") == ["4096\t8192\t16384"]


IPAM = f"{{subnet: {SUBNET}.0/24}}"
WIRED = HEAD + "    networks: [wire]\nnetworks:\n  wire:\n    internal: true\n"


def wire(member: str, config: str) -> str:
    text = WIRED.replace("networks: [wire]", f"networks: {{wire: {{{member}}}}}")
    return text + f"    ipam: {{config: [{config}]}}\n"


# What the file says, and a word of why it is refused.
REFUSED = {
    "key-twice": (HEAD + "    hostname: x\n    hostname: y\n", ":8: hostname is there already"),
    "volume-undefined": (HEAD + "    volumes: ['data:/x']\n", "data"),
    "network-undefined": (HEAD + "    networks: [theirs]\n", "theirs"),
    "two-subnets": (
        wire("", f"{{subnet: {SUBNET}.0/25}}, {{subnet: {SUBNET}.128/25}}"),
        "subnet",
    ),
    "network-address": (
        wire(f"ipv4_address: {SUBNET}.0", IPAM),
        f"{SUBNET}.0",
    ),
    "broadcast": (
        wire(f"ipv4_address: {SUBNET}.255", IPAM),
        f"{SUBNET}.255",
    ),
    "router": (wire(f"ipv4_address: {SUBNET}.1", IPAM), f"{SUBNET}.1"),
    "outside": (wire("ipv4_address: 192.0.2.7", IPAM), "192.0.2.7"),
    "no-ipv6": (wire("ipv6_address: 'fd00:202::5'", IPAM), ""),
    "external": (WIRED + "    external: true\n", "wire"),
    "driver": (WIRED.replace("internal: true", "driver: host"), "host"),
    "sysctl-of-the-machine": (HEAD + "    sysctls: {kernel.pid_max: 400}\n", "kernel.pid_max"),
    "sysctl-unknown": (HEAD + "    sysctls: {net.ipv4.nosuch: 1}\n", "nosuch"),
    "sysctl-value": (HEAD + "    sysctls: {net.ipv4.ip_forward: 'no'}\n", "ip_forward"),
    "sysctl-value-in-a-list": (
        HEAD + "    sysctls:\n      - net.ipv4.tcp_syn_retries=2\n      - net.ipv4.ip_forward=no\n",
        "ip_forward",
    ),
    "tmpfs-option": (HEAD + "    tmpfs: ['/x:nosuch']\n", "nosuch"),
    "tmpfs-size": (HEAD + "    tmpfs: ['/x:size=nonsense']\n", "size=nonsense"),
    "tmpfs-and-volume": (HEAD + "    tmpfs: [/x]\n    volumes: ['.:/x']\n", "/x"),
    "hostname": (HEAD + f"    hostname: {'h' * 65}\n", ""),
    "mount-on-proc": (HEAD + "    volumes: ['.:/proc/x']\n", "/proc/x"),
    "folder-on-a-file": (HEAD + "    volumes: ['.:/usr/bin/env']\n", "/usr/bin/env"),
    "start-interval": (
        HEAD + "    healthcheck: {test: 'true', start_interval: 1s}\n",
        "start_interval",
    ),
}
# What only the kernel knows.
AT_START = {
    "sysctl-value": ":7: a: sysctls: net.ipv4.ip_forward=no: Invalid argument",
    "sysctl-value-in-a-list": ":9: a: sysctls: net.ipv4.ip_forward=no: Invalid argument",
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_is_refused(engine: Engine, tmp_path: Path, what: str) -> None:
    text, why = REFUSED[what]
    file = tmp_path / "compose.yaml"
    file.write_text(text)
    with pytest.raises((TopologyError, EngineError)) as caught, new_lab(engine, file):
        pass
    said = str(caught.value)
    assert why in said
    assert "\n" not in said
    if engine.name == "namespaces":
        assert said.startswith(f"{file}:")
        assert AT_START.get(what, "") in said


def test_start_interval_is_between_the_checks_in_the_start_period(
    namespaces: Engine, tmp_path: Path
) -> None:
    # Docker has it since version 25.
    test = "cut -d. -f1,2 /proc/uptime | cut -d' ' -f1 >>/tmp/at; test $$(wc -l </tmp/at) -gt 3"
    times = "interval: 1000s, start_period: 1000s, start_interval: 400ms"
    file = tmp_path / "compose.yaml"
    file.write_text(f'{HEAD}    healthcheck: {{test: "{test}", {times}}}\n')
    with new_lab(namespaces, file) as lab:
        # That the lab is up with the fourth check shows that it does not wait for the interval.
        at_s = [float(line) for line in shell(lab.host("a"), "cat /tmp/at")]
    assert len(at_s) == 4
    # And it does wait for the other; /proc/uptime is in hundredths.
    assert all(later - sooner >= 0.39 for sooner, later in pairwise(at_s)), at_s


def test_hardware_address_is_the_files(namespaces: Engine, tmp_path: Path) -> None:
    # With Docker, too, since version 25; before it, Compose forgets it beside a fixed address.
    file = tmp_path / "compose.yaml"
    file.write_text(HEAD + "    mac_address: 02:42:00:00:00:99\n")
    with new_lab(namespaces, file) as lab:
        a = lab.host("a")
        look = "cat /sys/class/net/eth0/address"
        assert shell(a, look) == ["02:42:00:00:00:99"]
        a.disconnect()
        a.connect()
        assert shell(a, look) == ["02:42:00:00:00:99"]


def test_health_check_runs_as_the_hosts_program_does(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    look = "pwd >/tmp/c; echo $$HOSTNAME >>/tmp/c; echo $$MINE >>/tmp/c"
    program = "pwd >/tmp/p; echo $$HOSTNAME >>/tmp/p; echo $$MINE >>/tmp/p; exec sleep 600"
    file.write_text(
        "services:\n  a:\n    image: socket-lab/host\n    pull_policy: never\n"
        f"    entrypoint: [sh, -c, '{program}']\n    environment: {{MINE: x}}\n"
        f"    init: true\n    healthcheck: {{test: '{look}', interval: 1s}}\n"
    )
    with new_lab(engine, file) as lab:
        found = shell(lab.host("a"), "cat /tmp/c"), shell(lab.host("a"), "cat /tmp/p")
        assert found[0] == found[1]
        assert found[0][2] == "x"


def test_folders_and_volumes_of_any_name_are_each_their_own(
    namespaces: Engine, tmp_path: Path
) -> None:
    deep = "/".join(["d" * 200] * 3)
    sources = {"a!b": "1", "a/b": "2", deep: "3"}
    for source, text in sources.items():
        (tmp_path / source).mkdir(parents=True)
        (tmp_path / source / "text").write_text(text)
    volumes = [f"./{source}:/data/{text}" for source, text in sources.items()]
    named = [{"type": "volume", "source": "." * n, "target": f"/data/{n + 2}"} for n in (2, 3)]
    file = tmp_path / "compose.yaml"
    file.write_text(f"{HEAD}    volumes: {[*volumes, *named]}\nvolumes: {{..: , ...: }}\n")
    with new_lab(namespaces, file) as lab:
        a = lab.host("a")
        assert shell(a, "cat /data/1/text /data/2/text /data/3/text") == ["123"]
        assert shell(a, "touch /data/4/mine; ls /data/4; ls /data/5") == ["mine"]
