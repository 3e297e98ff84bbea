"""Socket calls in a few words. Pure."""

from collections.abc import Mapping
from typing import Any

from lab.agent import calls
from lab.evidence import addresses
from lab.evidence.text import plain

_MOST, SHORT = 18, 24
WHOLE = 1000  # what is said in full, in tables and to screen readers, is not longer
# The argument that says most about a call, where it has one of them.
_TELLING = ("data", "to", "option", "level", "how", "until", "timeout", "field", "host", "name")
_SOCKETS = ("socket", "as")


def about(
    name: str, arguments: Mapping[str, Any], names: Mapping[str, str], most: int = _MOST
) -> str:
    """Return what a call was about: `“hello”`, `server:21567`, `TCP_NODELAY 1`, or "".

    `names` has the names of hosts by their addresses.
    """
    for key in _TELLING:
        if key in arguments:
            text = value(arguments[key], names, quote=key == "data", most=most)
            if key == "option" and "value" in arguments:
                text += f" {value(arguments['value'], names, most=most)}"
            return text
    if "port" in arguments:
        return f":{arguments['port']}"
    if note := calls.known(name).note:
        return note
    rest = [one for key, one in arguments.items() if key not in (*_SOCKETS, "bytes", "flags")]
    is_plain = rest and isinstance(rest[0], str | int | float)
    return value(rest[0], names, most=most) if is_plain else ""


def value(given: Any, names: Mapping[str, str], *, quote: bool = False, most: int = _MOST) -> str:
    """Return a value as people read it; a long one is cut, an address has its host's name."""
    given = plain(given)
    if isinstance(given, Mapping):
        return _mapping(given, names, most)
    if isinstance(given, list):
        return ", ".join(value(one, names, most=most) for one in given[:6])
    if not isinstance(given, str):
        return str(given)
    text = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in given)
    if not quote and (named := addresses.host_end(text, names)):
        return named
    if len(text) > most:
        text = f"{text[: most - 1]}\N{HORIZONTAL ELLIPSIS}"
    return f"\N{LEFT DOUBLE QUOTATION MARK}{text}\N{RIGHT DOUBLE QUOTATION MARK}" if quote else text


def _mapping(given: Mapping[str, Any], names: Mapping[str, str], most: int) -> str:
    if "times" in given and "repeat" in given:
        return f"{len(str(given['repeat']).encode()) * int(given['times']):,} bytes"
    if "length" in given:
        return f"{given['length']:,} bytes"
    if "hex" in given:
        digits = str(given["hex"])
        return f"0x{digits[:most]}" + ("\N{HORIZONTAL ELLIPSIS}" if len(digits) > most else "")
    parts = []
    if "data" in given:
        parts.append(returned(given["data"], names))
    if given.get("flags"):
        parts.append(value(given["flags"], names))
    return " ".join(parts) or ", ".join(f"{k} {value(v, names)}" for k, v in given.items())


def returned(given: Any, names: Mapping[str, str], most: int = SHORT) -> str:
    """Return what a call returned, for people: bytes in quotes, none at all as the end of data."""
    if given is None:
        return "ok"
    if isinstance(given, Mapping) and set(given) == {"text"}:
        text = str(given["text"])
        if not text:
            return "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK} (end of data)"
        if len(text) > 4 * most:
            return f"{len(text.encode()):,} bytes"
        return value(text, names, quote=True, most=most)
    return value(given, names, most=2 * most)


def duration(nanoseconds: int) -> str:
    """Return a time span as people say it: `0.3 ms`, `52 ms`, `1.002 s`."""
    seconds = abs(nanoseconds) / 1e9
    if seconds >= 100:
        return f"{seconds:.0f} s"
    if seconds >= 0.9995:  # as it is rounded
        return f"{seconds:.3f} s"
    milliseconds = seconds * 1000
    if milliseconds >= 10:
        return f"{milliseconds:.0f} ms"
    return (
        f"{milliseconds:.1f} ms"
        if milliseconds >= 0.1
        else f"{milliseconds * 1000:.0f} \N{MICRO SIGN}s"
    )


def counted(number: int, what: str) -> str:
    """Return `1 packet`, `2,000 packets`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
