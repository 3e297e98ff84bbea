"""What types the parts of a compose file may have, for every key that this engine reads.

A wrong type is found here, with the path of its keys, before anything works with it. Pure.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_TEXT = (str, int, float)
_NAMES = {
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "a mapping",
    type(None): "empty",
}
_SERVICE: dict[str, tuple[type, ...]] = {
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
    "stop_grace_period": (str,),
    "profiles": (list,),
}
_HEALTH: dict[str, tuple[type, ...]] = {
    "test": (str, list),
    "interval": (str,),
    "timeout": (str,),
    "start_period": (str,),
    "retries": (int,),
    "disable": (bool,),
}
_MEMBER: dict[str, tuple[type, ...]] = {
    "ipv4_address": (str,),
    "ipv6_address": (str,),
    "aliases": (list,),
}
# Lists of mappings too; of everything else only words.
_LISTS_OF_MAPPINGS = {"volumes"}


class PlaceError(Exception):
    """Something is wrong at a place of the file; `keys` is the way to it."""

    def __init__(self, keys: list[str], text: str) -> None:
        super().__init__(text)
        self.keys = keys


class ShapeError(PlaceError):
    """A part that is not what it must be."""

    def __init__(self, keys: list[str], text: str) -> None:
        super().__init__(keys, f"{'.'.join(keys)} {text}")


def check(file: Any) -> None:
    """Raise ShapeError for the first part of a wrong type."""
    if not isinstance(file, dict):
        raise ShapeError([], "the file is not a mapping of keys")
    for kind in ("services", "networks", "volumes"):
        for name, entry in _entries([kind], file.get(kind)):
            if not isinstance(name, str):
                raise ShapeError([kind], f"{name!r}: a name must be a string; put it in quotes")
            if kind == "services":
                _service([kind, name], entry)
            elif kind == "networks":
                _network([kind, name], entry)


def _entries(keys: list[str], value: Any) -> Iterator[tuple[Any, Mapping[str, Any]]]:
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
    keys: list[str], entry: Mapping[str, Any], table: Mapping[str, tuple[type, ...]]
) -> None:
    for key, types in table.items():
        if key not in entry:
            continue
        value = entry[key]
        wrong = not isinstance(value, types) or (isinstance(value, bool) and bool not in types)
        if wrong:
            wanted = " or ".join(_NAMES[kind] for kind in types)
            raise ShapeError([*keys, key], f"must be {wanted}, not {_name(value)}")
        if isinstance(value, list) and key not in _LISTS_OF_MAPPINGS:
            for word in value:
                if not isinstance(word, _TEXT) or isinstance(word, bool):
                    raise ShapeError([*keys, key], f"must be a list of strings; {word!r} is none")


def _service(keys: list[str], entry: Mapping[str, Any]) -> None:
    _table(keys, entry, _SERVICE)
    _table([*keys, "healthcheck"], entry.get("healthcheck") or {}, _HEALTH)
    for key in ("environment", "labels", "sysctls"):
        if isinstance(values := entry.get(key), dict):
            for name, value in values.items():
                if isinstance(value, (dict, list)):
                    raise ShapeError([*keys, key], f"{name}: must be a string or a number")
    for key, table in (("networks", _MEMBER), ("depends_on", {"condition": (str,)})):
        if isinstance(entry.get(key), dict):
            for name, member in _entries([*keys, key], entry[key]):
                _table([*keys, key, str(name)], member, table)
    for volume in entry.get("volumes") or ():
        if not isinstance(volume, (str, dict)) or (
            isinstance(volume, dict) and not isinstance(volume.get("target"), str)
        ):
            raise ShapeError([*keys, "volumes"], f"{volume!r} is no volume, as SOURCE:TARGET")


def _network(keys: list[str], entry: Mapping[str, Any]) -> None:
    _table(keys, entry, {"ipam": (dict,), "enable_ipv6": (bool,)})
    ipam = entry.get("ipam") or {}
    configs = ipam.get("config") or []
    if not isinstance(configs, list) or not all(isinstance(config, dict) for config in configs):
        raise ShapeError([*keys, "ipam"], "config must be a list of mappings")
