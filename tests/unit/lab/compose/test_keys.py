"""A key that Compose refuses, in whatever part of a file, is refused here, and no other is."""

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lab.compose import keys
from lab.engines import choice
from lab.errors import LocatedError

# Each part that a file may have, with a key that it may have there.
EVERY: dict[str, Any] = {
    "services": {
        "a": {
            "image": "x",
            "blkio_config": {"weight": 10},
            "build": {
                "context": ".",
                "secrets": [{"source": "s"}],
                "ulimits": {"cpu": {"soft": 1, "hard": 1}},
            },
            "configs": [{"source": "c"}],
            "credential_spec": {"file": "x"},
            "depends_on": {"b": {"condition": "service_started"}},
            "deploy": {
                "placement": {"preferences": [{"spread": "x"}]},
                "resources": {
                    "limits": {"cpus": "1"},
                    "reservations": {"memory": "1M", "devices": [{"capabilities": ["x"]}]},
                },
                "restart_policy": {"condition": "any"},
                "rollback_config": {"delay": "1s"},
                "update_config": {"delay": "1s"},
            },
            "develop": {"watch": [{"path": "x", "action": "sync", "target": "/x"}]},
            "devices": [{"source": "/dev/x", "target": "/dev/x", "permissions": "r"}],
            "env_file": [{"path": "/dev/null"}],
            "healthcheck": {"test": "x"},
            "logging": {"driver": "none"},
            "networks": {"n": {"aliases": ["x"]}},
            "ports": [{"target": 1}],
            "secrets": [{"source": "s"}],
            "ulimits": {"cpu": {"soft": 1, "hard": 1}},
            "volumes": [
                {
                    **{"type": "bind", "source": "/x", "target": "/x"},
                    **{"bind": {"propagation": "shared"}, "tmpfs": {"size": 1}},
                    "volume": {"nocopy": True},
                }
            ],
        },
        "b": {"image": "x"},
    },
    "networks": {"n": {"ipam": {"config": [{"subnet": "10.0.0.0/8"}]}}},
    "volumes": {"v": {"driver": "local"}},
    "secrets": {"s": {"file": "x"}},
    "configs": {"c": {"file": "x"}},
}
# Parts that only later ones have than the oldest Compose that is supported.
NEWER = {
    ("services", "*", "post_start", "*"),
    ("services", "*", "pre_stop", "*"),
    ("services", "*", "provider"),
    ("services", "*", "volumes", "*", "image"),
}


def with_odd(way: tuple[str, ...]) -> dict[str, Any]:
    """Return a file with a key that no part has, in the part that is on this way."""
    file = copy.deepcopy(EVERY)
    (_, part), *_ = keys._at((), file, way)
    part["odd"] = 1
    return file


def test_file_with_every_part_is_one() -> None:
    keys.check(EVERY)


@pytest.mark.parametrize("way", sorted(set(keys.PARTS) - NEWER), ids=str)
def test_odd_key_of_any_part_is_refused(way: tuple[str, ...]) -> None:
    file = with_odd(way)
    with pytest.raises(LocatedError, match="odd: no such key in a compose file") as caught:
        keys.check(file)
    assert caught.value.keys[-1] == "odd"
    assert len(caught.value.keys) == len(way) + 1


@pytest.mark.parametrize("way", [None, *sorted(set(keys.PARTS) - NEWER)], ids=str)
def test_compose_refuses_it_too(way: tuple[str, ...] | None, tmp_path: Path) -> None:
    if not choice.docker_answers():
        pytest.skip("no Docker Engine answers on this machine")
    path = tmp_path / "compose.yaml"
    path.write_text(json.dumps(EVERY if way is None else with_odd(way)))
    argv = ["docker", "compose", "--file", str(path), "config", "--quiet"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (way is None), done.stderr
    assert way is None or "dditional propert" in done.stderr
