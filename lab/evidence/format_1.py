"""Events of version 1 of the format, which has no number, in the fields of version 2. Pure.

Folders of that version were written until 2026-11. What it says in words, such as how often
something was seen, is parsed here and nowhere else.
"""

from collections.abc import Callable
from itertools import zip_longest
from typing import Any

Fields = dict[str, Any]


def upgraded(event: Fields) -> Fields:
    """Return an event of version 1 as one of version 2, `kind` included.

    LookupError, TypeError or ValueError when it is damaged.
    """
    change = _CHANGES.get(event["kind"])
    return change(dict(event)) if change else event


def _renamed(kind: str, **names: str) -> Callable[[Fields], Fields]:
    """Return what gives an event another kind, and some fields other names (old=new)."""

    def change(event: Fields) -> Fields:
        event["kind"] = kind
        return {names.get(name, name): value for name, value in event.items()}

    return change


def _call(event: Fields) -> Fields:
    _drop_end_of_pending(event)
    _rename(event, gave="result", text="error", cut="interrupted", ends="addresses")
    return _without_nulls(event, "addresses", "arguments", "raised")


def _program(event: Fields) -> Fields:
    _drop_end_of_pending(event)
    _rename(event, cut="interrupted", goes_on="outputs_open")
    return _without_nulls(event, "environment")


def _drop_end_of_pending(event: Fields) -> None:
    """Let only what has ended have an end: of a program it was when that was looked at."""
    if event.pop("pending", False):
        event.pop("ended_ns", None)
    else:
        event["ended_ns"]


def _started(event: Fields) -> Fields:
    event["kind"] = "call_started" if "call" in event else "program_started"
    return _without_nulls(event, "environment", "arguments")


def _input(event: Fields) -> Fields:
    _rename(event, bytes="size_bytes", cut="interrupted")
    return event


def _fault_on(event: Fields) -> Fields:
    links = zip_longest(event.pop("links", ()), event.pop("ids", ()))
    event["links"] = [
        {"source": link[0] if link else "", "target": link[1] if link else "", "fault": id_ or ""}
        for link, id_ in links
    ]
    return _without_nulls(event, "asked")


def _fault_off(event: Fields) -> Fields:
    counters = ("matched_packets", "acted_packets", "acted_bytes")
    event["counters"] = {name: event.pop(name) for name in counters if name in event}
    _rename(event, lost="counters_lost", ended="error")
    return event


_UNDOES = {"resume": "pause", "connect": "disconnect"}


def _host(event: Fields) -> Fields:
    done = event.pop("done")
    if done == "lifted":
        return event | {"kind": "host_fault_off"}
    if done in _UNDOES:
        return event | {"kind": "host_fault_off", "name": _UNDOES[done]}
    lasts = done in _UNDOES.values()
    return event | {"kind": "host_fault_on", "fault": done, "lasts": lasts}


def _wait(event: Fields) -> Fields:
    count, unit = event.pop("found").split()
    return event | {"count": int(count), "unit": unit}


def _rename(event: Fields, **names: str) -> None:
    for old, new in names.items():
        if old in event:
            event[new] = event.pop(old)


def _without_nulls(event: Fields, *names: str) -> Fields:
    return {name: one for name, one in event.items() if name not in names or one is not None}


_CHANGES: dict[str, Callable[[Fields], Fields]] = {
    "call": _call,
    "program": _program,
    "started": _started,
    "input": _input,
    "fault_on": _fault_on,
    "fault_off": _fault_off,
    "host": _host,
    "wait": _wait,
    "output_cut": _renamed("output_cut", lines="missing_lines", bytes="missing_bytes"),
    "output_trouble": _renamed("output_error"),
    "syslog_trouble": _renamed("syslog_error"),
    "lacking": _renamed("missing_program"),
    "error": _renamed("step_error"),
    "played": _renamed("steps_ended"),
    "captured": _renamed("capture_ended"),
    "end": _renamed("end", troubles="errors"),
}
