"""What a traced call was given and what it came to, in a few words. Pure."""

from collections.abc import Mapping
from typing import Any

from lab.agent.call_server.registry import Role
from lab.evidence import addresses
from lab.report.call_text import SHORT, WHOLE, returned, value
from lab.report.traced_call import TracedCall

Names = Mapping[str, str]  # of hosts, by their addresses
SHORT_ABOUT = 18
_DATA = frozenset({Role.SEND, Role.RECEIVE})
_ASK_NAMES = frozenset({"getsockname", "getpeername"})  # their address is what they gave


def end(text: str, names: Names) -> str:
    """Return a socket's end with the name of its host: `server:8000`; a path as it is."""
    return addresses.named(addresses.plain_end(text), names)


def thread_words(call: TracedCall) -> str:
    """Return which thread made a call: its process's number, and its own if that is another."""
    pid, tid = call.event.pid, call.event.tid
    return str(pid) if pid == tid else f"{pid}/{tid}"


def caller(call: TracedCall) -> tuple[str, str, str]:
    """Return what a call can be filtered by: its program, its thread, its descriptor or ""."""
    event = call.event
    descriptor = event.result if event.descriptor is None and event.made else event.descriptor
    return event.program, thread_words(call), "" if descriptor is None else str(descriptor)


def socket_words(call: TracedCall, names: Names) -> str:
    """Return a socket: its family, its protocol, and the ends that it has."""
    socket = call.socket
    ends = [end(one, names) for one in (socket.local, socket.peer) if one]
    return " ".join(filter(None, (socket.family, socket.protocol, " \N{EN DASH} ".join(ends))))


def about(call: TracedCall, names: Names, most: int = SHORT_ABOUT) -> str:
    """Return what a call was about: where to, which option, data, or else its descriptor."""
    event = call.event
    if call.role in _DATA and event.data is not None and not _is_brief(call):
        return value(event.data, {}, quote=True, most=most)
    words = _waits(event.arguments) if call.role is Role.WAIT else _argument(call, names, most)
    if words:
        return words if most == WHOLE else _cut(words, 2 * most)
    if call.name == "listen":
        return end(call.socket.local, names)
    if call.role is Role.END and call.socket.peer:
        return end(call.socket.peer, names)
    return "" if event.descriptor is None else f"fd {event.descriptor}"


def _argument(call: TracedCall, names: Names, most: int) -> str:
    """Return the argument that says most."""
    given = call.event.arguments
    if call.name in {"socket", "socketpair"}:
        kind = str(given.get("type", "")).partition("|")[0]
        return f"{given.get('domain', '')} {kind}".strip()
    for key in ("dest_addr", "addr", "optname", "how", "op"):
        if given.get(key) and call.name not in _ASK_NAMES:
            words = end(str(given[key]), names)
            if call.name == "setsockopt" and given.get("optval") is not None:
                words += f" {value(given['optval'], names, most=most)}"
            return words
    return ""


def gave(call: TracedCall, names: Names, most: int = SHORT) -> str:
    """Return what a call came to: its errno, data, how many bytes, a peer, a descriptor, ok."""
    event = call.event
    if call.ended_ns is None:
        return "did not return"
    if event.error:
        return event.error
    return _by_role(call, names, most) or _plain_result(call, names, most)


def _by_role(call: TracedCall, names: Names, most: int) -> str:
    event = call.event
    if call.role in _DATA:
        if _is_brief(call):
            return returned(event.data or {"text": ""}, names, most)
        return bytes_words(event.size_bytes or event.result or 0)
    if call.role is Role.WAIT:
        return _ready(event.arguments) if event.result else "timeout"
    if call.role is Role.ACCEPT and event.made:
        return end(event.made.peer, names)
    return ""


def _plain_result(call: TracedCall, names: Names, most: int) -> str:
    event = call.event
    if call.name in _ASK_NAMES:
        return end(str(event.arguments.get("addr", "")), names)
    if call.name == "getsockopt" and event.arguments.get("optval") is not None:
        return value(event.arguments["optval"], names, most=most)
    if event.made is not None:
        return f"fd {event.result}"
    return "ok" if event.result in {0, None} else str(event.result)


def bytes_words(count: int) -> str:
    """Return `1 byte`, `2,000 bytes`."""
    return f"{count:,} byte{'' if count == 1 else 's'}"


def _is_brief(call: TracedCall) -> bool:
    """Tell whether what a call received can be said as its result."""
    event, size = call.event, call.event.size_bytes or 0
    if call.role is not Role.RECEIVE or event.error:
        return False
    return size <= SHORT and (event.data is None or set(event.data) == {"text"})


def _waits(given: Mapping[str, Any]) -> str:
    """Return what a call waits for: `fd 3 POLLIN`."""
    if "fds" in given:
        return ", ".join(
            f"fd {one['fd']} {_mask(one.get('events'))}".strip() for one in given["fds"]
        )
    sets = [f"fd {one}" for name in ("readfds", "writefds") for one in given.get(name) or ()]
    return ", ".join(dict.fromkeys(sets)) or (f"fd {given['epfd']}" if "epfd" in given else "")


def _ready(given: Mapping[str, Any]) -> str:
    """Return which descriptors were ready, and for what."""
    if "fds" in given:
        ready = [one for one in given["fds"] if one.get("revents") not in {None, "", "0"}]
        alone = len(given["fds"]) == 1
        masks = ((f"fd {one['fd']} " * (not alone), _mask(one["revents"])) for one in ready)
        return ", ".join("".join(words) for words in masks)
    listed = given.get("events")
    if isinstance(listed, list):
        return ", ".join(f"fd {one['fd']} {_mask(one['events'])}" for one in listed)
    ready_sets = given.get("ready")
    if isinstance(ready_sets, Mapping):
        there = {one for members in ready_sets.values() for one in members}
        return ", ".join(f"fd {one}" for one in sorted(there))
    return "ready"


def _mask(flags: Any) -> str:
    return "" if flags in {None, "", "0"} else str(flags)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}\N{HORIZONTAL ELLIPSIS}"
