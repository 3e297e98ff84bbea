"""Merges a compose file's tree with one that comes after it, as the Compose Specification says.

See its "Merge and override" (13-merge.md): mappings are merged, lists are joined, anything else is
replaced; some keys have rules of their own. Pure.
"""

from collections.abc import Callable
from typing import Any

from lab.compose.errors import dotted
from lab.compose.nodes import OVERRIDE, RESET, Node
from lab.errors import TopologyError

Keys = tuple[str, ...]

# Below services.*, but for the last word; `*` is any name.
_REPLACED = {("command",), ("entrypoint",), ("healthcheck", "test")}
_NAMED_VALUES = {
    *(("environment",), ("labels",), ("annotations",), ("sysctls",), ("extra_hosts",)),
    *(("build", "args"), ("build", "labels"), ("build", "additional_contexts")),
    *(("build", "extra_hosts"), ("deploy", "labels")),
}
_LISTS = {("dns",), ("dns_opt",), ("dns_search",), ("tmpfs",), ("env_file",), ("label_file",)}
_LABELS = {"networks", "volumes", "configs", "secrets"}


def merged(base: Node, over: Node, keys: Keys = ()) -> Node:
    """Return both as one; `keys` is the way to them. TopologyError, with PATH:LINE, if they differ.

    What has the tag !reset is gone, and what has !override replaces, in both.
    """
    if over.tag == OVERRIDE:
        return without_tags(over)
    over_form, base_form = formed(over, keys), formed(base, keys)
    if _is_replaced(keys) or over_form.value is None or base_form.value is None:
        chosen = over_form if _is_replaced(keys) or over_form.value is not None else base_form
        return without_tags(chosen)
    if isinstance(base_form.value, dict) and isinstance(over_form.value, dict):
        return _mappings(base_form, over_form, keys)
    if isinstance(base_form.value, list) and isinstance(over_form.value, list):
        entries = [*base_form.value, *(without_tags(one) for one in over_form.value)]
        return over_form.with_value(_unique(entries, keys))
    if isinstance(base_form.value, (dict, list)) or isinstance(over_form.value, (dict, list)):
        if _below(keys, "services")[:1] in {("ulimits",), ("build",), ("extends",)}:
            return without_tags(over)
        text = f"{dotted(keys)} is of another kind than in {base.path}:{base.line}"
        raise TopologyError(f"{over.path}:{over.line}: {text}; write both in one way")
    return without_tags(over_form)


def without_tags(node: Node) -> Node:
    """Return it as it is where nothing is before it: with what is !reset left out."""
    value = node.value
    if isinstance(value, dict):
        value = {key: without_tags(one) for key, one in value.items() if one.tag != RESET}
    elif isinstance(value, list):
        value = [without_tags(one) for one in value if one.tag != RESET]
    return Node(value, node.path, node.line)


def _mappings(base: Node, over: Node, keys: Keys) -> Node:
    if _below(keys, "services") == ("logging",) and _driver(base) != _driver(over):
        return without_tags(over)
    found = dict(base.value)
    for key, entry in over.value.items():
        if entry.tag == RESET:
            found.pop(key, None)
        elif key not in found or str(key).startswith("x-"):
            found[key] = without_tags(formed(entry, (*keys, str(key))))
        else:
            found[key] = merged(found[key], entry, (*keys, str(key)))
    return base.with_value(found)


def _driver(logging: Node) -> Any:
    driver = logging.get("driver")
    return driver.value if driver else None


def _is_replaced(keys: Keys) -> bool:
    return _below(keys, "services") in _REPLACED


def _below(keys: Keys, kind: str) -> Keys:
    """Return the way from an entry of that kind on, () for none."""
    return keys[2:] if len(keys) > 2 and keys[0] == kind else ()


def formed(node: Node, keys: Keys) -> Node:
    """Return a part that may be written in several ways in the one that can be merged."""
    below = _below(keys, "services")
    is_of_labels = len(keys) == 3 and keys[0] in _LABELS and keys[2] == "labels"
    if below in _NAMED_VALUES or is_of_labels:
        return _as_mapping(node, below)
    if below in _LISTS and isinstance(node.value, str):
        return node.with_value([node])
    if below in {("depends_on",), ("networks",), ("models",)} and isinstance(node.value, list):
        default = {"condition": node.with_value("service_started")}
        value = default if below == ("depends_on",) else None
        return node.with_value({str(one.value): one.with_value(value) for one in node.value})
    return node


def _as_mapping(node: Node, below: Keys) -> Node:
    """Return a list of NAME=VALUE as a mapping; of NAME alone, with no value or an empty one."""
    if below[-1:] == ("extra_hosts",):
        return _hosts(node)
    if not isinstance(node.value, list):
        return node
    found: dict[str, Node] = {}
    for one in node.value:
        name, equals, value = str(one.value).partition("=")
        if equals:
            found[name] = one.with_value(value)
        else:
            found[name] = one.with_value(None if below == ("environment",) else "")
    return node.with_value(found)


def _hosts(node: Node) -> Node:
    """Return names with lists of addresses: a name may have several."""
    found: dict[str, Node] = {}
    if isinstance(node.value, dict):
        found = {
            name: one if isinstance(one.value, list) else one.with_value([one])
            for name, one in node.value.items()
        }
    for one in node.value if isinstance(node.value, list) else ():
        text = str(one.value)
        name, _, address = text.partition("=" if "=" in text else ":")
        found.setdefault(name, one.with_value([])).value.append(one.with_value(address))
    return node.with_value(found) if isinstance(node.value, (dict, list)) else node


def _unique(entries: list[Node], keys: Keys) -> list[Node]:
    """Return the entries, of those for the same thing only the last, where the first was."""
    index = _INDEX.get(_below(keys, "services"))
    is_set = keys[-1:] in {("aliases",), ("link_local_ips",)} or "extra_hosts" in keys
    if index is None and not is_set:
        return entries
    found: dict[str, Node] = {}
    for one in entries:
        found[(index or _itself)(one)] = one
    return [*found.values()]


def _itself(node: Node) -> str:
    return str(node.value)


def _target(node: Node) -> str:
    """Return the place in the host that a volume, a device, or the like, has."""
    if (target := node.get("target")) is not None:
        return str(target.value)
    if isinstance(node.value, dict):
        return repr(node.plain())
    parts = str(node.value).split(":")
    return parts[1] if len(parts) > 1 else parts[0]


def _granted(default: str) -> Callable[[Node], str]:
    """Return what makes out the place of a config or a secret."""

    def place(node: Node) -> str:
        found = node.get("target") or node.get("source") or node
        text = str(found.value)
        return text if text.startswith("/") else f"{default}/{text}"

    return place


def _env_file(node: Node) -> str:
    found = node.get("path") or node
    return str(found.value)


def _before_colon(node: Node) -> str:
    return str(node.value).partition(":")[0]


def _port(node: Node) -> str:
    if not isinstance(node.value, dict):
        return str(node.value)
    keys = ("host_ip", "published", "target", "protocol")
    return repr([str(found.value) if (found := node.get(key)) else "" for key in keys])


_INDEX: dict[Keys, Callable[[Node], str]] = {
    **dict.fromkeys(
        [("cap_add",), ("cap_drop",), ("dns",), ("dns_opt",), ("dns_search",)], _itself
    ),
    **dict.fromkeys([("expose",), ("links",), ("profiles",), ("build", "tags")], _itself),
    ("volumes",): _target,
    ("devices",): _target,
    ("configs",): _granted(""),
    ("secrets",): _granted("/run/secrets"),
    ("env_file",): _env_file,
    ("tmpfs",): _before_colon,
    ("ports",): _port,
}
