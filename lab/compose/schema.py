"""Checks the types of a compose file's parts, for every key that the lab reads (`tables`).

A wrong type is found here, with the path of its keys, before anything works with it. As in Compose,
a truth may be written `yes`, and a variable may stand for a truth or a number.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lab.compose import keys, tables
from lab.compose.errors import dotted
from lab.errors import LocatedError

_TRUTHS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_OCTAL = re.compile(r"(?:0o?)?[0-7]{1,4}")
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
# Lists of mappings too; and those of words, which may be numbers. All others are of strings.
_LISTS_OF_MAPPINGS = {"configs", "env_file", "secrets", "volumes"}
_LISTS_OF_WORDS = {"command", "entrypoint", "test"}


def check(file: Any) -> None:
    """Raise LocatedError for the first part of a wrong type."""
    if not isinstance(file, dict):
        raise _wrong([], "the file is not a mapping of keys")
    keys.check(file)
    for kind in ("services", "networks", "volumes"):
        for name, entry in _entries([kind], file.get(kind)):
            if not isinstance(name, str):
                raise _wrong([kind], f"{name!r}: a name must be a string; put it in quotes")
            if not _ENTRY_NAME.fullmatch(name):
                raise _wrong([kind, name], "is no name: it takes letters, digits and . _ -")
            if kind == "services":
                _service([kind, name], entry)
            elif kind == "networks":
                _network([kind, name], entry)
            else:
                _table([kind, name], entry, tables.VOLUME)
    for kind in ("secrets", "configs"):
        for name, entry in _entries([kind], file.get(kind)):
            _table([kind, str(name)], entry, tables.GRANT)


def _entries(keys: list[str | int], value: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Yield the entries of a mapping of mappings; None counts as an empty one."""
    if value is not None and not isinstance(value, dict):
        raise _wrong(keys, f"must be a mapping, not {_name(value)}")
    for name, entry in (value or {}).items():
        if entry is not None and not isinstance(entry, dict):
            raise _wrong([*keys, str(name)], f"must be a mapping, not {_name(entry)}")
        yield name, entry or {}


def _wrong(keys: list[str | int], text: str) -> LocatedError:
    return LocatedError(tuple(keys), f"{dotted(tuple(keys))} {text}".strip())


def _name(value: Any) -> str:
    return _NAMES.get(type(value), type(value).__name__)


def _table(
    keys: list[str | int], entry: dict[str, Any], table: Mapping[str, tuple[type, ...]]
) -> None:
    """Check an entry's keys; truths and numbers that are written as strings become such."""
    for key in entry:
        if not isinstance(key, str):
            raise _wrong(keys, f"has {key!r} for a key; put it in quotes")
    for key, types in table.items():
        if key not in entry:
            continue
        value = entry[key] = _typed(entry[key], types)
        wrong = not isinstance(value, types) or (isinstance(value, bool) and bool not in types)
        if wrong:
            wanted = " or ".join(_NAMES[kind] for kind in types if kind is not type(None))
            raise _wrong([*keys, key], f"must be {wanted}, not {_name(value)}")
        if isinstance(value, list) and key not in _LISTS_OF_MAPPINGS:
            kinds = (str, int, float) if key in _LISTS_OF_WORDS else (str,)
            for number, word in enumerate(value):
                if not isinstance(word, kinds) or isinstance(word, bool):
                    text = f"must be a list of strings; {word!r} is none"
                    raise _wrong([*keys, key, number], text)


def _typed(value: Any, types: tuple[type, ...]) -> Any:
    if not isinstance(value, str) or str in types:
        return value
    if bool in types:
        return _TRUTHS.get(value.lower(), value)
    return int(value) if int in types and _NUMBER.fullmatch(value) else value


def _service(keys_of: list[str | int], entry: dict[str, Any]) -> None:
    _table(keys_of, entry, tables.SERVICE)
    _table([*keys_of, "healthcheck"], entry.get("healthcheck") or {}, tables.HEALTH)
    _table([*keys_of, "deploy"], entry.get("deploy") or {}, tables.DEPLOY)
    _entries_of(keys_of, entry)


def _entries_of(keys_of: list[str | int], entry: dict[str, Any]) -> None:
    """Check what a service has several of."""
    checks = {"volumes": _volume, "secrets": _granted, "configs": _granted, "env_file": _env_file}
    for key, check_one in checks.items():
        entries = entry.get(key)
        for number, one in enumerate(entries if isinstance(entries, list) else ()):
            check_one([*keys_of, key, number], one)
    _limits([*keys_of, "ulimits"], entry.get("ulimits") or {})
    _extra_hosts([*keys_of, "extra_hosts"], entry.get("extra_hosts"))
    for key in ("environment", "labels", "sysctls"):
        if isinstance(values := entry.get(key), dict):
            for name, value in values.items():
                if isinstance(value, (dict, list)):
                    text = f"{name}: must be a string or a number"
                    raise _wrong([*keys_of, key, str(name)], text)
    for key, table in (("networks", tables.MEMBER), ("depends_on", tables.NEEDED)):
        if isinstance(entry.get(key), dict):
            for name, member in _entries([*keys_of, key], entry[key]):
                _table([*keys_of, key, str(name)], member, table)


def _granted(keys: list[str | int], entry: Any) -> None:
    if isinstance(entry, dict):
        _table(keys, entry, tables.GRANTED)
        mode = entry.get("mode")
        if isinstance(mode, str) and not _OCTAL.fullmatch(mode):
            raise _wrong([*keys, "mode"], f"{mode!r} is no mode, such as 0440")
    if not isinstance(entry, (str, dict)) or (isinstance(entry, dict) and "source" not in entry):
        raise _wrong(keys, f"{entry!r} names none; write its source")


def _limits(keys: list[str | int], entries: dict[str, Any]) -> None:
    _table(keys, entries, {str(name): (int, dict) for name in entries})
    for name, value in entries.items():
        if isinstance(value, dict):
            _table([*keys, name], value, tables.BOTH_LIMITS)
            if missing := set(tables.BOTH_LIMITS) - set(value):
                raise _wrong([*keys, name], f"has no {min(missing)}; write both, soft and hard")


def _extra_hosts(keys: list[str | int], entries: Any) -> None:
    """Each of a mapping is an address, or a list of some."""
    for name, ips in _mapping(entries).items():
        for ip in ips if isinstance(ips, list) else [ips]:
            if not isinstance(ip, str):
                raise _wrong([*keys, str(name)], "must be an address, or a list of them")


def _env_file(keys: list[str | int], entry: Any) -> None:
    if isinstance(entry, dict):
        _table(keys, entry, tables.ENV_FILE)
    if not isinstance(entry, (str, dict)) or (isinstance(entry, dict) and "path" not in entry):
        raise _wrong(keys, f"{entry!r} is no file; write its path")


def _volume(keys: list[str | int], entry: Any) -> None:
    if isinstance(entry, dict):
        _table(keys, entry, tables.MOUNT)
        tmpfs = entry.get("tmpfs") or {}
        _table(keys, tmpfs, tables.TMPFS)
    if not isinstance(entry, (str, dict)) or (isinstance(entry, dict) and "target" not in entry):
        raise _wrong(keys, f"{entry!r} is no volume, as SOURCE:TARGET")


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _network(keys_of: list[str | int], entry: dict[str, Any]) -> None:
    _table(keys_of, entry, tables.NETWORK)
    ipam = entry.get("ipam") or {}
    _table([*keys_of, "ipam"], ipam, tables.IPAM)
    configs = ipam.get("config") or []
    if not isinstance(configs, list) or not all(isinstance(config, dict) for config in configs):
        raise _wrong([*keys_of, "ipam", "config"], "must be a list of mappings")
    for number, config in enumerate(configs):
        place = [*keys_of, "ipam", "config", number]
        _table(place, config, tables.SUBNET)
        others = config.get("aux_addresses") or {}
        _table([*place, "aux_addresses"], others, dict.fromkeys(others, (str,)))
