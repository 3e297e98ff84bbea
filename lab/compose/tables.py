"""What types the values of a compose file's keys may have, for every key that the lab reads."""

SERVICE: dict[str, tuple[type, ...]] = {
    "image": (str,),
    "command": (str, list),
    "entrypoint": (str, list),
    "environment": (dict, list),
    "healthcheck": (dict,),
    "depends_on": (dict, list),
    "networks": (dict, list),
    "network_mode": (str,),
    "volumes": (list,),
    "tmpfs": (str, list),
    "labels": (dict, list),
    "dns": (str, list),
    "dns_opt": (list,),
    "sysctls": (dict, list),
    "hostname": (str,),
    "container_name": (str,),
    "mac_address": (str,),
    "stop_grace_period": (str,),
    "profiles": (list,),
    "cap_add": (list,),
    "cap_drop": (list,),
    "tty": (bool,),
    "stdin_open": (bool,),
    "scale": (int,),
    "deploy": (dict, type(None)),
    "env_file": (str, list),
    "working_dir": (str,),
    "user": (str,),
    "extra_hosts": (dict, list),
    "ulimits": (dict,),
    "secrets": (list,),
    "configs": (list,),
    "stop_signal": (str,),
}
DEPLOY: dict[str, tuple[type, ...]] = {"replicas": (int,)}
HEALTH: dict[str, tuple[type, ...]] = {
    "test": (str, list),
    "interval": (str,),
    "timeout": (str,),
    "start_period": (str,),
    "start_interval": (str,),
    "retries": (int,),
    "disable": (bool,),
}
ENV_FILE: dict[str, tuple[type, ...]] = {"path": (str,), "required": (bool,), "format": (str,)}
GRANTED: dict[str, tuple[type, ...]] = {
    "source": (str,),
    "target": (str,),
    "uid": (str,),
    "gid": (str,),
    "mode": (int, str),
}
GRANT: dict[str, tuple[type, ...]] = {
    "file": (str,),
    "environment": (str,),
    "content": (str,),
    "external": (bool, dict),
}
BOTH_LIMITS: dict[str, tuple[type, ...]] = {"soft": (int,), "hard": (int,)}
MEMBER: dict[str, tuple[type, ...]] = {
    "ipv4_address": (str,),
    "ipv6_address": (str,),
    "mac_address": (str,),
    "aliases": (list,),
    "priority": (int,),
}
NETWORK: dict[str, tuple[type, ...]] = {
    "ipam": (dict,),
    "enable_ipv6": (bool,),
    "internal": (bool,),
    "external": (bool, dict),
    "driver": (str, type(None)),
}
SUBNET: dict[str, tuple[type, ...]] = {
    "subnet": (str,),
    "ip_range": (str,),
    "gateway": (str,),
    "aux_addresses": (dict,),
}
MOUNT: dict[str, tuple[type, ...]] = {
    "type": (str,),
    "source": (str,),
    "target": (str,),
    "read_only": (bool,),
    "tmpfs": (dict,),
    "volume": (dict,),
    "bind": (dict,),
}
TMPFS: dict[str, tuple[type, ...]] = {"size": (str, int), "mode": (int,)}
VOLUME: dict[str, tuple[type, ...]] = {"external": (bool, dict), "driver": (str, type(None))}
IPAM: dict[str, tuple[type, ...]] = {"driver": (str,)}
NEEDED: dict[str, tuple[type, ...]] = {"condition": (str,), "required": (bool,), "restart": (bool,)}
