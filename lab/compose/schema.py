"""What types the parts of a compose file may have, for every key that this engine reads.

A wrong type is found here, with the path of its keys, before anything works with it. As in Compose,
a truth may be written `yes`, and a variable may stand for a truth or a number.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lab.compose import keys
from lab.compose.errors import PlaceError, dotted
from lab.suggestions import near

_TRUTHS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_NUMBER = re.compile(r"[-+]?\d{1,18}")
# Of services, networks and volumes.
_ENTRY_NAME = re.compile(r"[A-Za-z0-9._-]+")
_NAMES = {
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "a mapping",
    type(None): "empty",
}
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
    "tty": (bool,),
    "stdin_open": (bool,),
    "scale": (int,),
    "deploy": (dict, type(None)),
    "env_file": (str, list),
    "working_dir": (str,),
    "extra_hosts": (dict, list),
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
# Lists of mappings too; and those of words, which may be numbers. All others are of strings.
_LISTS_OF_MAPPINGS = {"env_file", "volumes"}
_LISTS_OF_WORDS = {"command", "entrypoint", "test"}


class ShapeError(PlaceError):
    """A part that is not what it must be."""

    def __init__(self, keys: list[str | int], text: str) -> None:
        super().__init__(tuple(keys), f"{dotted(tuple(keys))} {text}".strip())


def check(file: Any) -> None:
    """Raise ShapeError for the first part of a wrong type."""
    if not isinstance(file, dict):
        raise ShapeError([], "the file is not a mapping of keys")
    _known([], file, keys.FILE)
    for kind in ("services", "networks", "volumes"):
        for name, entry in _entries([kind], file.get(kind)):
            if not isinstance(name, str):
                raise ShapeError([kind], f"{name!r}: a name must be a string; put it in quotes")
            if not _ENTRY_NAME.fullmatch(name):
                raise ShapeError([kind, name], "is no name: it takes letters, digits and . _ -")
            if kind == "services":
                _service([kind, name], entry)
            elif kind == "networks":
                _network([kind, name], entry)
            else:
                _known([kind, name], entry, keys.VOLUME)
                _table([kind, name], entry, VOLUME)


def _entries(keys: list[str | int], value: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Yield the entries of a mapping of mappings; None counts as an empty one."""
    if value is not None and not isinstance(value, dict):
        raise ShapeError(keys, f"must be a mapping, not {_name(value)}")
    for name, entry in (value or {}).items():
        if entry is not None and not isinstance(entry, dict):
            raise ShapeError([*keys, str(name)], f"must be a mapping, not {_name(entry)}")
        yield name, entry or {}


def _name(value: Any) -> str:
    return _NAMES.get(type(value), type(value).__name__)


def _table(
    keys: list[str | int], entry: dict[str, Any], table: Mapping[str, tuple[type, ...]]
) -> None:
    """Check an entry's keys; truths and numbers that are written as strings become such."""
    for key in entry:
        if not isinstance(key, str):
            raise ShapeError(keys, f"has {key!r} for a key; put it in quotes")
    for key, types in table.items():
        if key not in entry:
            continue
        value = entry[key] = _typed(entry[key], types)
        wrong = not isinstance(value, types) or (isinstance(value, bool) and bool not in types)
        if wrong:
            wanted = " or ".join(_NAMES[kind] for kind in types if kind is not type(None))
            raise ShapeError([*keys, key], f"must be {wanted}, not {_name(value)}")
        if isinstance(value, list) and key not in _LISTS_OF_MAPPINGS:
            kinds = (str, int, float) if key in _LISTS_OF_WORDS else (str,)
            for number, word in enumerate(value):
                if not isinstance(word, kinds) or isinstance(word, bool):
                    text = f"must be a list of strings; {word!r} is none"
                    raise ShapeError([*keys, key, number], text)


def _typed(value: Any, types: tuple[type, ...]) -> Any:
    if not isinstance(value, str) or str in types:
        return value
    if bool in types:
        return _TRUTHS.get(value.lower(), value)
    return int(value) if int in types and _NUMBER.fullmatch(value) else value


def _known(place: list[str | int], entry: dict[str, Any], known: set[str]) -> None:
    """Refuse a key that Compose refuses."""
    for key in entry:
        if isinstance(key, str) and key not in known and not key.startswith("x-"):
            text = f"{key}: no such key in a compose file{near(key, known)}"
            raise PlaceError((*place, key), f"{dotted(tuple(place))} {text}".strip())


def _service(keys_of: list[str | int], entry: dict[str, Any]) -> None:
    _known(keys_of, entry, keys.SERVICE)
    _known([*keys_of, "healthcheck"], _mapping(entry.get("healthcheck")), keys.HEALTHCHECK)
    _table(keys_of, entry, SERVICE)
    _table([*keys_of, "healthcheck"], entry.get("healthcheck") or {}, HEALTH)
    _table([*keys_of, "deploy"], entry.get("deploy") or {}, DEPLOY)
    for key in ("environment", "labels", "sysctls"):
        if isinstance(values := entry.get(key), dict):
            for name, value in values.items():
                if isinstance(value, (dict, list)):
                    text = f"{name}: must be a string or a number"
                    raise ShapeError([*keys_of, key, str(name)], text)
    for key, table in (("networks", MEMBER), ("depends_on", NEEDED)):
        if isinstance(entry.get(key), dict):
            for name, member in _entries([*keys_of, key], entry[key]):
                _table([*keys_of, key, str(name)], member, table)
    for number, volume in enumerate(entry.get("volumes") or ()):
        _volume([*keys_of, "volumes", number], volume)
    _extra_hosts([*keys_of, "extra_hosts"], entry.get("extra_hosts"))
    files = entry.get("env_file")
    for number, file in enumerate(files if isinstance(files, list) else ()):
        _env_file([*keys_of, "env_file", number], file)


def _extra_hosts(keys: list[str | int], entries: Any) -> None:
    """Each of a mapping is an address, or a list of some."""
    for name, ips in _mapping(entries).items():
        for ip in ips if isinstance(ips, list) else [ips]:
            if not isinstance(ip, str):
                raise ShapeError([*keys, str(name)], "must be an address, or a list of them")


def _env_file(keys: list[str | int], entry: Any) -> None:
    if isinstance(entry, dict):
        _table(keys, entry, ENV_FILE)
    if not isinstance(entry, (str, dict)) or (isinstance(entry, dict) and "path" not in entry):
        raise ShapeError(keys, f"{entry!r} is no file; write its path")


def _volume(keys: list[str | int], entry: Any) -> None:
    if isinstance(entry, dict):
        _table(keys, entry, MOUNT)
        tmpfs = entry.get("tmpfs") or {}
        _table(keys, tmpfs, TMPFS)
    if not isinstance(entry, (str, dict)) or (isinstance(entry, dict) and "target" not in entry):
        raise ShapeError(keys, f"{entry!r} is no volume, as SOURCE:TARGET")


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _network(keys_of: list[str | int], entry: dict[str, Any]) -> None:
    _known(keys_of, entry, keys.NETWORK)
    _known([*keys_of, "ipam"], _mapping(entry.get("ipam")), keys.IPAM)
    _table(keys_of, entry, NETWORK)
    ipam = entry.get("ipam") or {}
    _table([*keys_of, "ipam"], ipam, IPAM)
    configs = ipam.get("config") or []
    if not isinstance(configs, list) or not all(isinstance(config, dict) for config in configs):
        raise ShapeError([*keys_of, "ipam", "config"], "must be a list of mappings")
    for number, config in enumerate(configs):
        place = [*keys_of, "ipam", "config", number]
        _table(place, config, SUBNET)
        others = config.get("aux_addresses") or {}
        _table([*place, "aux_addresses"], others, dict.fromkeys(others, (str,)))
