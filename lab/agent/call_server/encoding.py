"""Results and errors as JSON, for the caller; and back, for who has asked.

Bytes are {"text": ...} where they are UTF-8, else {"hex": ...}; more than 64 KiB of them are
{"length": ..., "sha256": ...}.
"""

import builtins
import socket
from collections.abc import Mapping
from typing import Any

from lab.net import constants
from lab.net.data import Data

MOST_BYTES = 1 << 16


def encode(value: Any) -> Any:
    """Return a result of a call as JSON."""
    if isinstance(value, bytes):
        if len(value) > MOST_BYTES:
            import hashlib  # only here: it loads much

            return {"length": len(value), "sha256": hashlib.sha256(value).hexdigest()}
        try:
            return {"text": value.decode()}
        except UnicodeDecodeError:
            return {"hex": value.hex()}
    if isinstance(value, dict):
        return {key: encode(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [encode(one) for one in value]
    return value


def decode(value: Any) -> Any:
    """Return what was encoded; of many bytes only length and hash."""
    if isinstance(value, Mapping):
        if set(value) == {"text"}:
            return value["text"].encode()
        if set(value) == {"hex"}:
            return bytes.fromhex(value["hex"])
        return {key: decode(one) for key, one in value.items()}
    return [decode(one) for one in value] if isinstance(value, list) else value


def encode_error(error: BaseException) -> dict[str, Any]:
    """Return what a call raised as JSON: its `name` is of an errno, of an EAI, or of its type."""
    type_ = type(error).__name__
    raised: dict[str, Any] = {"name": type_, "errno": None, "type": type_, "text": str(error)}
    if isinstance(error, OSError) and error.errno is not None:
        raised |= {"errno": error.errno, "text": error.strerror or str(error)}
        if isinstance(error, socket.gaierror):
            raised["name"] = constants.eai_name(error.errno)
        elif not isinstance(error, socket.herror):
            raised["name"] = constants.errno_name(error.errno)
    return raised


def decode_error(raised: Mapping[str, Any]) -> Exception:
    """Return the exception that Python's socket raised there."""
    type_, number, text = raised["type"], raised["errno"], raised["text"]
    if type_ in {"gaierror", "herror"}:
        error: Exception = getattr(socket, type_)(number, text)
        return error
    if number is not None:
        return OSError(number, text)  # Python makes ConnectionResetError, ... of it
    found = getattr(builtins, type_, None)
    if not isinstance(found, type) or not issubclass(found, Exception):
        return RuntimeError(f"{type_}: {text}")
    try:
        return found(text)
    except TypeError:  # UnicodeEncodeError and the like
        return ValueError(text)


def same(expected: Any, gave: Any) -> bool:
    """Tell whether a call gave what a file says, both as JSON.

    Of a mapping only the keys count that are expected; data alone stands for the `data` of one.
    """
    if isinstance(gave, Mapping) and "data" in gave and not _has_keys(expected, gave):
        gave = gave["data"]
    if isinstance(gave, Mapping) and (data := _data(expected)) is not None:
        return bool(encode(data) == gave)
    if isinstance(expected, Mapping) and isinstance(gave, Mapping):
        return all(key in gave and same(one, gave[key]) for key, one in expected.items())
    if isinstance(expected, list) and isinstance(gave, list):
        return len(expected) == len(gave) and all(map(same, expected, gave))
    return bool(expected == gave and isinstance(expected, bool) == isinstance(gave, bool))


def length(gave: Any) -> int | None:
    """Return how many bytes a call gave; None if it gave none."""
    if isinstance(gave, Mapping) and "data" in gave:
        gave = gave["data"]
    if not isinstance(gave, Mapping):
        return len(gave) if isinstance(gave, str | list) else None
    if "length" in gave:
        return int(gave["length"])
    data = decode(gave)
    return len(data) if isinstance(data, bytes) else None


def _has_keys(expected: Any, gave: Mapping[str, Any]) -> bool:
    return isinstance(expected, Mapping) and bool(set(expected) & set(gave))


def _data(expected: Any) -> bytes | None:
    try:
        data: bytes = Data.read(expected)
    except ValueError:
        return None
    return data
