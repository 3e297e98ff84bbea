"""The keys that a compose file may have, as the Compose specification lists them.

What is not here Compose refuses, on every engine; `x-...` may stand anywhere. Which of them an
engine has is the engine's to say. See https://github.com/compose-spec/compose-spec. Pure.
"""

from collections.abc import Iterator
from typing import Any

from lab.compose.errors import dotted
from lab.errors import LocatedError
from lab.suggestions import near

Keys = tuple[str | int, ...]

FILE = {
    *("version", "name", "include", "services", "networks", "volumes", "secrets", "configs"),
    "models",
}
SERVICE = {
    *("annotations", "attach", "blkio_config", "build", "cap_add", "cap_drop", "cgroup"),
    *("cgroup_parent", "command", "configs", "container_name", "cpu_count", "cpu_percent"),
    *("cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime", "cpu_shares", "cpus"),
    *("cpuset", "credential_spec", "depends_on", "deploy", "develop", "device_cgroup_rules"),
    *("devices", "dns", "dns_opt", "dns_search", "domainname", "entrypoint", "env_file"),
    *("environment", "expose", "extends", "external_links", "extra_hosts", "gpus", "group_add"),
    *("healthcheck", "hostname", "image", "init", "ipc", "isolation", "label_file", "labels"),
    *("links", "logging", "mac_address", "mem_limit", "mem_reservation", "mem_swappiness"),
    *("memswap_limit", "models", "network_mode", "networks", "oom_kill_disable"),
    *("oom_score_adj", "pid", "pids_limit", "platform", "ports", "post_start", "pre_stop"),
    *("privileged", "profiles", "provider", "pull_policy", "pull_refresh_after", "read_only"),
    *("restart", "runtime", "scale", "secrets", "security_opt", "shm_size", "stdin_open"),
    *("stop_grace_period", "stop_signal", "storage_opt", "sysctls", "tmpfs", "tty", "ulimits"),
    *("use_api_socket", "user", "userns_mode", "uts", "volumes", "volumes_from", "working_dir"),
}
HEALTHCHECK = {
    *("disable", "interval", "retries", "start_interval", "start_period", "test", "timeout"),
}
NETWORK = {
    *("attachable", "driver", "driver_opts", "enable_ipv4", "enable_ipv6", "external"),
    *("internal", "ipam", "labels", "name"),
}
IPAM = {"config", "driver", "options"}
VOLUME = {"driver", "driver_opts", "external", "labels", "name"}
_SECRET = {"driver", "driver_opts", "environment", "external", "file", "labels", "name"}
_GRANTED = {"gid", "mode", "source", "target", "uid"}
_UPDATE = {"delay", "failure_action", "max_failure_ratio", "monitor", "order", "parallelism"}
_DEVICE = {"capabilities", "count", "device_ids", "driver", "options"}
_RESERVED = {"cpus", "devices", "generic_resources", "memory"}
_HOOK = {"command", "environment", "privileged", "user", "working_dir"}
_BUILD = {
    *("additional_contexts", "args", "cache_from", "cache_to", "context", "dockerfile"),
    *("dockerfile_inline", "entitlements", "extra_hosts", "isolation", "labels", "network"),
    *("no_cache", "platforms", "privileged", "provenance", "pull", "sbom", "secrets", "shm_size"),
    *("ssh", "tags", "target", "ulimits"),
}
_DEPLOY = {
    *("endpoint_mode", "labels", "mode", "placement", "replicas", "resources", "restart_policy"),
    *("rollback_config", "update_config"),
}
_MEMBER = {
    *("aliases", "driver_opts", "gw_priority", "interface_name", "ipv4_address", "ipv6_address"),
    *("link_local_ips", "mac_address", "priority"),
}
_PORT = {"app_protocol", "host_ip", "mode", "name", "protocol", "published", "target"}
_MOUNT = {"bind", "consistency", "image", "read_only", "source", "target", "tmpfs", "type"}
_BLOCK_IO = {
    *("device_read_bps", "device_read_iops", "device_write_bps", "device_write_iops", "weight"),
    "weight_device",
}
# The parts of a file that are mappings, and what they may have; `*` is any name or list entry.
_PARTS = {
    "": FILE,
    "services.*": SERVICE,
    "services.*.blkio_config": _BLOCK_IO,
    "services.*.build": _BUILD,
    "services.*.build.secrets.*": _GRANTED,
    "services.*.build.ulimits.*": {"hard", "soft"},
    "services.*.configs.*": _GRANTED,
    "services.*.credential_spec": {"config", "file", "registry"},
    "services.*.depends_on.*": {"condition", "required", "restart"},
    "services.*.deploy": _DEPLOY,
    "services.*.deploy.placement": {"constraints", "max_replicas_per_node", "preferences"},
    "services.*.deploy.placement.preferences.*": {"spread"},
    "services.*.deploy.resources": {"limits", "reservations"},
    "services.*.deploy.resources.limits": {"cpus", "memory", "pids"},
    "services.*.deploy.resources.reservations": _RESERVED,
    "services.*.deploy.resources.reservations.devices.*": _DEVICE,
    "services.*.deploy.restart_policy": {"condition", "delay", "max_attempts", "window"},
    "services.*.deploy.rollback_config": _UPDATE,
    "services.*.deploy.update_config": _UPDATE,
    "services.*.develop": {"watch"},
    "services.*.develop.watch.*": {
        *("action", "exec", "ignore", "include", "initial_sync", "path", "target"),
    },
    "services.*.devices.*": {"permissions", "source", "target"},
    "services.*.env_file.*": {"format", "path", "required"},
    "services.*.healthcheck": HEALTHCHECK,
    "services.*.logging": {"driver", "options"},
    "services.*.networks.*": _MEMBER,
    "services.*.ports.*": _PORT,
    "services.*.post_start.*": _HOOK,
    "services.*.pre_stop.*": _HOOK,
    "services.*.provider": {"options", "type"},
    "services.*.secrets.*": _GRANTED,
    "services.*.ulimits.*": {"hard", "soft"},
    "services.*.volumes.*": {*_MOUNT, "volume"},
    "services.*.volumes.*.bind": {"create_host_path", "propagation", "recursive", "selinux"},
    "services.*.volumes.*.image": {"subpath"},
    "services.*.volumes.*.tmpfs": {"mode", "size"},
    "services.*.volumes.*.volume": {"labels", "nocopy", "subpath"},
    "networks.*": NETWORK,
    "networks.*.ipam": IPAM,
    "networks.*.ipam.config.*": {"aux_addresses", "gateway", "ip_range", "subnet"},
    "volumes.*": VOLUME,
    "secrets.*": {*_SECRET, "template_driver"},
    "configs.*": {*_SECRET, "content", "template_driver"} - {"driver", "driver_opts"},
}
PARTS: dict[tuple[str, ...], set[str]] = {
    tuple(filter(None, way.split("."))): known for way, known in _PARTS.items()
}


def check(file: Any) -> None:
    """Raise LocatedError for the first key that Compose would refuse."""
    for way, known in PARTS.items():
        for place, part in _at((), file, way):
            for key in part:
                if isinstance(key, str) and key not in known and not key.startswith("x-"):
                    text = f"{key}: no such key in a compose file{near(key, known)}"
                    raise LocatedError((*place, key), f"{dotted(place)} {text}".strip())


def _at(place: Keys, part: Any, way: tuple[str, ...]) -> Iterator[tuple[Keys, dict[Any, Any]]]:
    """Yield each mapping that is on this way, with its place."""
    if not way:
        if isinstance(part, dict):
            yield place, part
        return
    first, *rest = way
    found: list[tuple[str | int, Any]] = []
    if isinstance(part, dict):
        found = [(k, v) for k, v in part.items() if isinstance(k, str) and first in {"*", k}]
    elif isinstance(part, list) and first == "*":
        found = [*enumerate(part)]
    for key, below in found:
        yield from _at((*place, key), below, tuple(rest))
