"""A key that this engine does not have is named, with every place that has it."""

from pathlib import Path

import pytest

from lab.compose import limits
from tests.unit.lab.engines.namespaces.plan.test_reader import OURS, read

BARE = "image: socket-lab/host, entrypoint: [sleep]"


@pytest.mark.parametrize(
    "key",
    [
        *("mem_limit: 64m", "ports: ['80:80']", "privileged: true", "restart: always"),
        *("logging: {}", "userns_mode: host", "pids_limit: 3"),
    ],
)
def test_key_that_this_engine_does_not_have_is_named(tmp_path: Path, key: str) -> None:
    other = OURS.replace("a:", "b:", 1)
    _, notes = read(tmp_path, f"{OURS}    {key}\n{other}    {key}\n  c:{OURS[4:]}")
    (note,) = notes
    assert note == f"not on this engine: {key.partition(':')[0]} (a, b)"


def test_option_that_asks_for_more_rights_is_named(tmp_path: Path) -> None:
    options = "['seccomp=unconfined', 'no-new-privileges:false', 'no-new-privileges:true']"
    assert read(tmp_path, f"{OURS}    security_opt: {options}\n")[1] == [
        "not on this engine: security_opt seccomp=unconfined (a)",
        "not on this engine: security_opt no-new-privileges:false (a)",
    ]


def test_key_without_effect_is_not_named(tmp_path: Path) -> None:
    lines = (
        "    build: .\n    init: true\n    read_only: true\n    cap_drop: [ALL]\n"
        "    cap_add: [SETUID]\n    security_opt: [x]\n    expose: ['1']\n    tty: false\n"
        "    stdin_open: no\n    container_name: x\n    x-mine: 1\n    pull_policy: never\n"
    )
    assert read(tmp_path, OURS + lines)[1] == []


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (
            "    deploy: {resources: {}, replicas: 1, placement: {}, update_config: {}}\n",
            "deploy.resources (a)",
        ),
        (
            "    networks: {wire: {gw_priority: 1, link_local_ips: [], priority: 1}}\n"
            "networks: {wire: }\n",
            "networks.gw_priority (a); networks.link_local_ips (a)",
        ),
        (
            "networks: {default: {driver_opts: {}, attachable: true, name: n, labels: [l]}}\n",
            "driver_opts (networks.default)",
        ),
        (
            "volumes: {d: {driver_opts: {}, name: n, labels: {}}, e: {driver_opts: {}}}\n",
            "driver_opts (volumes.d, volumes.e)",
        ),
        (
            "networks: {default: {ipam: {config: [{subnet: 'fd00::/64'}]}}}\n",
            "an IPv6 subnet without enable_ipv6 (networks.default)",
        ),
        (
            "    volumes: [{type: volume, source: d, target: /x, volume: {subpath: s}}]\n"
            "volumes: {d: }\n",
            "volumes.volume.subpath (a)",
        ),
        (
            "    cap_add: [NET_ADMIN, CAP_SETUID, cap_sys_time]\n",
            "cap_add NET_ADMIN (a); cap_add SYS_TIME (a)",
        ),
        ("    tty: true\n    stdin_open: yes\n", "stdin_open (a); tty (a)"),
        (
            "    volumes: ['d:/x:ro,rshared', 'd:/y:z,cached', 'd:/z:nosuch']\nvolumes: {d: }\n",
            "volumes option rshared (a); volumes option nosuch (a)",
        ),
        (
            "    volumes: [{type: bind, source: /etc, target: /x, bind: "
            "{propagation: rshared, create_host_path: false}}, "
            "{type: tmpfs, target: /y, consistency: cached}]\n",
            "volumes.bind.propagation (a)",
        ),
        (
            "networks: {default: {ipam: {options: {a: b}, config: [{subnet: 10.9.0.0/24}]}}}\n",
            "ipam.options (networks.default)",
        ),
        (
            f"    depends_on: {{b: {{restart: true}}}}\n  b: {{{BARE}}}\n",
            "depends_on.restart (a)",
        ),
        (
            "    extra_hosts: ['machine:host-gateway', 'b:10.0.0.1']\n",
            "host-gateway in extra_hosts, as no host can reach this machine (a)",
        ),
        ("models: {}\nx-mine: 1\n", "models (the file)"),
        (
            "    secrets: [{source: s, uid: '5', mode: 0400}, {source: e, gid: '5', mode: 0400}]\n"
            "secrets: {s: {file: /dev/null, labels: {}}, e: {environment: PATH, driver: d}}\n",
            "secrets.uid (a); secrets.mode of a file, which has its own (a); secrets.gid (a);"
            " driver (secrets.e)",
        ),
    ],
)
def test_key_of_a_part_that_this_engine_does_not_have_is_named(
    tmp_path: Path, text: str, note: str
) -> None:
    notes = [f"not on this engine: {one}" for one in note.split("; ")]
    assert read(tmp_path, OURS + text)[1] == notes


def test_limit_that_this_machine_does_not_allow_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = {**dict.fromkeys(limits.NUMBERS, -1), "nofile": 1000}
    monkeypatch.setattr(limits, "of_this_machine", lambda: most)
    lab, notes = read(
        tmp_path, f"{OURS}    ulimits: {{nofile: {{soft: 500, hard: 2000}}, core: 0}}\n"
    )
    assert lab.hosts[0].limits == {"nofile": (500, 1000), "core": (0, 0)}
    text = "ulimits.nofile of more than 1000, as this machine allows no more (a)"
    assert notes == [f"not on this engine: {text}"]
