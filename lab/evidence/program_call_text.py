"""A traced program's call in a line, for people: `connect(3, server:8000) = ECONNREFUSED`."""

import re
from collections.abc import Mapping
from typing import Any

from lab.evidence import addresses, text
from lab.evidence.events import ProgramCall

_MOST_SHOWN = 48  # characters of a value
_CONSTANTS = re.compile(r"[A-Z][A-Z0-9_|]*")  # SOCK_STREAM|SOCK_CLOEXEC
_ADDRESSES = {"addr", "dest_addr", "src_addr", "msg_name"}


def of(call: ProgramCall, hosts: Mapping[str, str]) -> str:
    """Return what a call was asked and what came of it; `hosts` are the hosts' names, by address.

    `?` stands for what came of a call whose thread has ended within it.
    """
    words = [] if call.descriptor is None else [str(call.descriptor)]
    if call.data is not None:
        words.append(_shortened(text.shown(call.data)))
    words += [word for name, value in call.arguments.items() if (word := _word(name, value, hosts))]
    came = "?" if call.ended_ns is None else call.error or str(call.result)
    return f"{call.call}({', '.join(words)}) = {came}"


def _word(name: str, value: Any, hosts: Mapping[str, str]) -> str:
    if value in ("", "0", None, []):
        return ""
    if name in _ADDRESSES and isinstance(value, str):
        return addresses.named(value, hosts)
    if isinstance(value, str) and _CONSTANTS.fullmatch(value):
        return value
    return f"{name}={_shortened(text.shown(value))}"


def _shortened(shown: str) -> str:
    return shown if len(shown) <= _MOST_SHOWN else f"{shown[: _MOST_SHOWN - 3]}..."
