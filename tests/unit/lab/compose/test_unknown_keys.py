"""A key that no compose file has is refused, as Compose refuses it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lab.compose import keys, tables
from lab.compose.document import Document
from lab.engines import choice
from lab.errors import TopologyError
from lab.model import ComposeFiles

FILE = "services:\n  a:\n    image: socket-lab/host\n"


def refusal(folder: Path, text: str) -> str:
    path = folder / "compose.yaml"
    path.write_text(text)
    with pytest.raises(TopologyError) as caught:
        Document(ComposeFiles((path,)), "lab")
    return str(caught.value).removeprefix(f"{path}:")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{FILE}    comand: sleep 600\n", "4: services.a comand: no such key in a compose file"),
        (f"{FILE}    comand: sleep 600\n", "did you mean command?"),
        (
            f"{FILE}volums: {{}}\n",
            "4: volums: no such key in a compose file; did you mean volumes?",
        ),
        (f"{FILE}    healthcheck: {{tset: x}}\n", "4: services.a.healthcheck tset: no such key"),
        (f"{FILE}networks:\n  wire: {{internl: true}}\n", "5: networks.wire internl: no such key"),
        (
            f"{FILE}networks:\n  wire: {{ipam: {{confg: []}}}}\n",
            "networks.wire.ipam confg: no such",
        ),
        (f"{FILE}    build: {{contxt: .}}\n", "4: services.a.build contxt: no such key"),
        (
            f"{FILE}    build: {{secrets: [{{sorce: x}}]}}\n",
            "4: services.a.build.secrets sorce: no",
        ),
        (f"{FILE}    deploy: {{resources: {{limits: {{memry: 1g}}}}}}\n", "resources.limits memry"),
        (f"{FILE}    deploy:\n      replica: 2\n", "5: services.a.deploy replica: no such key"),
        (f"{FILE}    ports:\n    - 1:1\n    - {{targt: 2}}\n", "6: services.a.ports targt: no"),
        (f"{FILE}    logging: {{option: {{}}}}\n", "services.a.logging option: no such key"),
        (f"{FILE}    networks: {{default: {{alias: [x]}}}}\n", "networks.default alias: no such"),
        (f"{FILE}    depends_on: {{b: {{contition: x}}}}\n", "depends_on.b contition: no such key"),
        (f"{FILE}    volumes: [{{type: bind, bind: {{odd: 1}}}}]\n", "volumes.bind odd: no such"),
        (f"{FILE}secrets:\n  s: {{flie: x}}\n", "5: secrets.s flie: no such key"),
        (f"{FILE}configs:\n  c: {{driver: x}}\n", "5: configs.c driver: no such key"),
        (f"{FILE}volumes:\n  d: {{drivr: x}}\n", "5: volumes.d drivr: no such key"),
    ],
)
def test_a_key_that_there_is_not(tmp_path: Path, text: str, said: str) -> None:
    assert said in refusal(tmp_path, text)


def test_extensions_may_stand_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "compose.yaml"
    path.write_text(f"x-mine: 1\n{FILE}    x-mine: 1\n    healthcheck: {{x-mine: 1}}\n")
    assert Document(ComposeFiles((path,)), "lab").services() == {
        "a": {"image": "socket-lab/host", "x-mine": 1, "healthcheck": {"x-mine": 1}}
    }


def test_what_this_reader_understands_is_in_the_specification() -> None:
    assert set(tables.SERVICE) <= keys.SERVICE
    assert set(tables.NETWORK) <= keys.NETWORK
    assert set(tables.VOLUME) <= keys.VOLUME
    assert set(tables.HEALTH) == keys.HEALTHCHECK


# Keys that later ones have than the oldest Compose that is supported.
NEWER = {"models", "provider", "use_api_socket", "pre_stop", "post_start", "gpus"}
NEWER |= {"label_file", "pull_refresh_after", "attach", "cpu_quota"}
# What a key may have, where it is no text.
LISTS = {"cap_add", "cap_drop", "configs", "device_cgroup_rules", "devices", "dns_opt", "expose"}
LISTS |= {"external_links", "group_add", "links", "ports", "profiles", "secrets", "security_opt"}
LISTS |= {"volumes", "volumes_from"}
MAPPINGS = {"annotations", "blkio_config", "depends_on", "deploy", "environment", "extra_hosts"}
MAPPINGS |= {"healthcheck", "labels", "logging", "networks", "storage_opt", "sysctls", "ulimits"}
TRUTHS = {"init", "oom_kill_disable", "privileged", "read_only", "stdin_open", "tty"}
NUMBERS = {"cpu_count", "cpu_percent", "cpu_period", "cpu_rt_period", "cpu_rt_runtime", "cpus"}
NUMBERS |= {"cpu_shares", "mem_swappiness", "oom_score_adj", "pids_limit", "scale"}
SIZES = {"mem_limit", "mem_reservation", "memswap_limit", "shm_size"}
VALUES: dict[str, Any] = {
    **{key: [] for key in LISTS},
    **{key: {} for key in MAPPINGS},
    **dict.fromkeys(TRUTHS, True),
    **dict.fromkeys(NUMBERS, 1),
    **dict.fromkeys(SIZES, "1m"),
    **{"build": ".", "cgroup": "host", "credential_spec": {"file": "x"}, "env_file": "/dev/null"},
    **{"develop": {"watch": []}, "extends": {"service": "b"}, "mac_address": "02:42:00:00:00:09"},
    **{"pull_policy": "always", "stop_grace_period": "1s"},
}


def said_by_compose(folder: Path, service: dict[str, Any]) -> str:
    """Return what Compose says against a service; "" if it takes it."""
    path = folder / "compose.yaml"
    path.write_text(json.dumps({"services": {"a": service, "b": {"image": "x"}}}))
    argv = ["docker", "compose", "--file", str(path), "config", "--quiet"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.stderr if done.returncode else ""


def test_compose_refuses_no_key_that_is_listed_here_for_being_unknown(tmp_path: Path) -> None:
    if not choice.docker_answers():
        pytest.skip("no Docker Engine answers on this machine")
    listed = sorted(keys.SERVICE - NEWER)
    if not said_by_compose(tmp_path, {key: VALUES.get(key, "x") for key in listed}):
        return
    # It may be another Compose, that refuses a value: one after the other, each with a value that
    # is no key's, so that the complaint may be about that alone.
    unknown = []
    for key in listed:
        said = said_by_compose(tmp_path, {"image": "x", key: {"no": {"such": 1}}})
        if f"Additional property {key} is not allowed" in said:
            unknown.append(key)
    assert unknown == []
