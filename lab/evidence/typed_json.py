"""Dataclasses as JSON, and back with every type checked. Pure.

A field is of a JSON type, a dataclass, an enum of strings, `tuple[X, ...]`, `Mapping[str, X]`,
`X | None`, a Literal or Any.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

Decoder = Callable[[Any], Any]
_MOST_NUMBER = 1 << 64  # far more than any count or time; beyond a float, arithmetic fails


def encode(value: Any) -> Any:
    """Return a value with its dataclasses as objects and its tuples as lists."""
    if is_dataclass(value):
        return {one.name: encode(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {name: encode(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [encode(one) for one in value]
    return value


def is_number(value: Any) -> bool:
    """Tell whether it is a whole number that a file may have: of no more than 64 bits."""
    return type(value) is int and abs(value) < _MOST_NUMBER


@cache
def decoder(hint: Any) -> Decoder:
    """Return what makes a value of this type of JSON; it raises ValueError where that is no such.

    Of an object, keys that are no fields are left out: a later version may have them.
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is types.UnionType:
        (inner,) = set(arguments) - {types.NoneType}
        return _optional(decoder(inner))
    if origin is Literal:
        return _checked(lambda value: value in arguments, " or ".join(map(str, arguments)))
    if origin is tuple:
        return _list(decoder(arguments[0]))
    if origin is not None:
        return _mapping(decoder(arguments[1]))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    return _object(hint) if is_dataclass(hint) else _plain(hint)


def _plain(hint: Any) -> Decoder:
    if hint is Any:
        return lambda value: value
    wanted = (int, float) if hint is float else hint

    def test(value: Any) -> bool:
        if isinstance(value, bool):
            return hint is bool
        return isinstance(value, wanted) and (not isinstance(value, int) or is_number(value))

    return _checked(test, hint.__name__)


def _checked(test: Callable[[Any], bool], expected: str) -> Decoder:
    def decode(value: Any) -> Any:
        if not test(value):
            text = f"{_shown(value)} is no {expected}"
            raise ValueError(text)
        return value

    return decode


def _optional(inner: Decoder) -> Decoder:
    return lambda value: None if value is None else inner(value)


def _list(inner: Decoder) -> Decoder:
    def decode(value: Any) -> Any:
        if not isinstance(value, list):
            text = f"{_shown(value)} is no list"
            raise ValueError(text)
        return tuple(map(inner, value))

    return decode


def _mapping(inner: Decoder) -> Decoder:
    def decode(value: Any) -> Any:
        if not isinstance(value, dict):
            text = f"{_shown(value)} is no object"
            raise ValueError(text)
        return {name: inner(one) for name, one in value.items()}

    return decode


def _object(cls: Any) -> Decoder:
    hints = get_type_hints(cls)
    decoders = {one.name: decoder(hints[one.name]) for one in fields(cls)}
    required = [
        one.name for one in fields(cls) if one.default is MISSING and one.default_factory is MISSING
    ]

    def decode(value: Any) -> Any:
        if not isinstance(value, dict):
            text = f"{_shown(value)} is no object"
            raise ValueError(text)
        found = {}
        for name, one in decoders.items():
            if name in value:
                try:
                    found[name] = one(value[name])
                except ValueError as error:
                    text = f"{name}: {error}"
                    raise ValueError(text) from None
        if missing := [name for name in required if name not in found]:
            text = f"no {', '.join(missing)}"
            raise ValueError(text)
        return cls(**found)

    return decode


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
