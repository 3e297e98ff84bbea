"""The keys that a compose file may have, as the Compose specification lists them.

What is not here Compose refuses, on every engine; `x-...` may stand anywhere. Which of them an
engine has is the engine's to say. See https://github.com/compose-spec/compose-spec.
"""

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
