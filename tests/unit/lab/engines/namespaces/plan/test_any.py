"""Whatever stands in a compose file, it is a lab that can be told, or refused in one line."""

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from lab.engines.namespaces.plan import reader
from lab.engines.namespaces.spec import LabSpec
from lab.errors import TopologyError
from lab.model import ComposeFiles

WORDS = st.sampled_from(
    [
        *("", "a", "b", "wire", "data", "x", "/", "/x", "a:/x", "data:/x:ro", ".:/y", "~:/z"),
        *("10.0.0.0/24", "10.0.0.5", "10.0.0.1", "10.0.0.128/25", "fd00::/64", "fd00::5", "true"),
        *("CMD", "NONE", "service_healthy", "/t:size=1m", "net.ipv4.ip_forward=1", "net.x", "1s"),
        *("02:42:00:00:00:09", "none", "bridge", "bind", "volume", "tmpfs", "\n", "ä b", "=", "$$"),
    ]
)  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers(-9, 99) | st.floats() | WORDS
ANY = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


def some(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return mappings with some of these keys; a value may also be anything, now and then."""

    def mostly(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.integers(0, 15).flatmap(lambda number: values if number else ANY)

    optional = {key: mostly(values) for key, values in keys.items()}
    return st.fixed_dictionaries({}, optional=optional)


LIST = st.lists(WORDS, max_size=3)
PAIRS = LIST | st.dictionaries(WORDS, SCALARS, max_size=3)
TRUTHS = st.booleans() | st.sampled_from(["yes", "no"])
TIMES = st.sampled_from(["1s", "500ms", "0s", "1"])
HEALTH = some(
    **{"test": WORDS | LIST, "interval": TIMES, "start_period": TIMES, "start_interval": TIMES},
    **{"retries": st.integers(0, 9), "disable": TRUTHS, "other": SCALARS},
)
ADDRESSES = some(
    **{"ipv4_address": WORDS, "ipv6_address": WORDS, "mac_address": WORDS},
    **{"aliases": LIST, "priority": st.integers(-9, 9)},
)
MOUNT = some(
    **{"type": WORDS, "source": WORDS, "target": WORDS, "read_only": TRUTHS},
    **{"tmpfs": some(size=WORDS | st.integers(0, 99), mode=st.integers(-9, 999)), "volume": ANY},
)
SERVICE = some(
    **{"entrypoint": WORDS | LIST, "environment": PAIRS, "labels": PAIRS, "sysctls": PAIRS},
    **{"networks": st.dictionaries(st.sampled_from(["wire", "default"]), ADDRESSES), "dns": LIST},
    **{"volumes": st.lists(WORDS | MOUNT, max_size=3), "tmpfs": WORDS | LIST},
    **{"healthcheck": HEALTH},
    **{"hostname": WORDS, "container_name": WORDS, "mac_address": WORDS, "dns_opt": LIST},
    **{"depends_on": LIST | st.dictionaries(WORDS, some(condition=WORDS)), "profiles": LIST},
    **{"network_mode": st.just("none"), "stop_grace_period": TIMES, "other": ANY},
).map(lambda entry: {"image": "socket-lab/host", "command": "sh", **entry})  # fmt: skip
SUBNET = some(subnet=WORDS, gateway=WORDS, ip_range=WORDS, aux_addresses=PAIRS)
NETWORK = some(
    **{"ipam": some(config=st.lists(SUBNET, max_size=2), driver=WORDS), "driver": WORDS},
    **{"external": TRUTHS, "internal": TRUTHS, "enable_ipv6": TRUTHS, "other": ANY},
)
FILE = st.fixed_dictionaries(
    {
        "services": st.fixed_dictionaries({"a": SERVICE, "b": SERVICE}),
        "networks": st.fixed_dictionaries({"wire": NETWORK}, optional={"default": NETWORK}),
        "volumes": some(data=some(external=TRUTHS, driver=WORDS)),
    },
    optional={"other": ANY},
)


def outcome(file: dict[str, Any]) -> str | LabSpec:
    """Return what is said of a file with this content, or the lab that it is."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "compose.yaml")
        path.write_text(json.dumps(file))
        try:
            lab, notes = reader.read(ComposeFiles((path,)), "x")
        except TopologyError as error:
            said = str(error)
            assert said.startswith(f"{path}:")
            return said
        assert all(isinstance(note, str) for note in notes)
        return lab


@settings(max_examples=150, deadline=None)
@given(FILE)
@example({"services": {"a": {"image": "socket-lab/host", "tmpfs": [3]}}})
@example({"services": {"a": {"image": "socket-lab/host", "depends_on": ["\n"]}}})
def test_any_file_is_a_lab_or_one_line(file: dict[str, Any]) -> None:
    found = outcome(file)
    if isinstance(found, str):
        assert "\n" not in found
    else:
        assert LabSpec.from_json(found.to_json()).hosts
