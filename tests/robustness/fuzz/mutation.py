"""Changes bytes, texts and JSON values at random: all from a generator that is given."""

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

NASTY = (
    *(b"*a", b"&a ", b"&a [*a]", b"z}", b"!!int ", b"!!binary ", b"!!set ", b"!!timestamp "),
    *(
        b"!!bool ",
        b"\x1b[31m",
        b"\0",
        b"\x07",
        b"\xe2\x80\xae",
        b"\xef\xbb\xbf",
        b"\t",
        b"\r",
        b"\n",
    ),
    *(
        b"\n\n  ",
        b"'",
        b'"',
        b"|",
        b">",
        b"${A",
        b"$",
        b"$$",
        b"${A:?x}",
        b"${A:-${A:-",
        b"[",
        b"]",
    ),
    *(b"{", b"}", b": ", b"- ", b"? ", b"# ", b",", b"<<: *a", b"<<: 1", b"~", b"null", b"true"),
    *(b".inf", b".nan", b"-1", b"9" * 60, b"1e999", b"0x", b"- " * 200, b"[" * 200, b"{a: " * 200),
    *(b"x" * 3_000, b"!reset ", b"!override ", b"../", b"/", b"~x/", b'"\\0"', b'"\\ud800"'),
    *(b'"\\e[0m"', b"---\n", b"...\n", b"%YAML 9.9\n", b"\xc3\xa9", b"\xf0\x9f\x98\x80", b"\xff"),
    *(b"\x80", b"NaN", b"Infinity", b"\x00\x00\x00\x00", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff"),
)
DEEP = json.loads("[" * 400 + "]" * 400)
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 99, 65536, 1 << 31, 1 << 63, 1 << 70, 10**400, 1.5, -0.0),
    *(float("nan"), float("inf"), "", "a", "x" * 3_000, "1", "-1", "\x1b[31m", "\ud800", "\0", "é"),
    *("client", "server", "left", "right", "drop", "all", "127.0.0.1", "::1", "198.18.67.2"),
    *([], [None], ["a"], [1, 2], {}, {"a": 1}, {"": None}, DEEP),
)
_MOST_BYTES = 200_000
_LONGEST = 60  # bytes of a part that is changed


def mutated(rng: Random, data: bytes, others: Sequence[bytes] = ()) -> bytes:
    """Return the bytes with one change or a few; never the same, and parts of others in them."""
    result = data
    while result == data:
        for _ in range(rng.choice((1, 1, 1, 1, 2, 3, 8))):
            change = rng.choice(_CHANGES)
            result = change(rng, result, others)[:_MOST_BYTES]
    return result


def mutated_value(rng: Random, value: Any) -> Any:
    """Return a copy of a JSON value with one change or a few."""
    value = json.loads(json.dumps(value))
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        value = _changed(rng, value)
    return value


def _span(rng: Random, data: bytes) -> tuple[int, int]:
    begin = rng.randint(0, len(data))
    return begin, min(len(data), begin + rng.randint(0, _LONGEST))


def _flip(rng: Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    if not data:
        return b"\0"
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def _remove(rng: Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    begin, end = _span(rng, data)
    return data[:begin] + data[end:]


def _double(rng: Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    begin, end = _span(rng, data)
    return data[:end] + data[begin:end] * rng.choice((1, 1, 2, 50)) + data[end:]


def _insert(rng: Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    begin, _ = _span(rng, data)
    return data[:begin] + rng.choice(NASTY) + data[begin:]


def _replace(rng: Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    begin, end = _span(rng, data)
    return data[:begin] + rng.choice(NASTY) + data[end:]


def _cut(rng: Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    return data[: rng.randint(0, len(data))]


def _lines(rng: Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    lines = data.splitlines(keepends=True) or [b""]
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    how = rng.randrange(4)
    if how == 0:
        del lines[one]
    elif how == 1:
        lines.insert(other, lines[one])
    elif how == 2:
        lines[one], lines[other] = lines[other], lines[one]
    else:
        lines[one] = rng.choice((b" ", b"  ", b"\t", b"- ", b"#")) + lines[one]
    return b"".join(lines)


def _splice(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    other = rng.choice(others) if others else data
    begin, end = _span(rng, other)
    at, after = _span(rng, data)
    return data[:at] + other[begin:end] + data[after:]


_CHANGES: Sequence[Callable[[Random, bytes, Sequence[bytes]], bytes]] = (
    *(_flip, _remove, _double, _insert, _replace, _cut, _lines, _splice),
)


def _changed(rng: Random, value: Any) -> Any:
    if isinstance(value, dict) and value and rng.random() < 0.9:
        return _changed_mapping(rng, value)
    if isinstance(value, list) and value and rng.random() < 0.7:
        at = rng.randrange(len(value))
        return [*value[:at], _changed(rng, value[at]), *value[at + 1 :]]
    if isinstance(value, str) and rng.random() < 0.4:
        changed = mutated(rng, value.encode(errors="surrogatepass"))
        return changed.decode(errors="replace")
    return rng.choice(ODD)


def _changed_mapping(rng: Random, value: dict[str, Any]) -> dict[str, Any]:
    key = rng.choice(sorted(value))
    how = rng.randrange(8)
    if how == 0:
        return {name: one for name, one in value.items() if name != key}
    if how == 1:
        return {f"{name}x" if name == key else name: one for name, one in value.items()}
    if how == 2:
        return {**value, rng.choice(("a", "", "digest", "\x1b")): rng.choice(ODD)}
    return {**value, key: _changed(rng, value[key])}
