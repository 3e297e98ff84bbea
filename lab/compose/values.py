"""The ways in which a compose file may write a value, each made into one form. Pure."""

import shlex
import signal
from collections.abc import Collection, Mapping
from typing import Any

from lab.compose.model import Health
from lab.net import durations

CONDITIONS = ("service_started", "service_healthy", "service_completed_successfully")


def seconds(text: Any, default_s: float) -> float:
    """Return a duration ("1m30s", "500ms") in seconds; ValueError if it is none."""
    if text is None:
        return default_s
    if not isinstance(text, str):
        raise durations.not_a_duration(text)
    return durations.seconds(text)


def mapping(value: Any) -> dict[str, str]:
    """Return a mapping that may be written as a list of KEY=VALUE."""
    if isinstance(value, list):
        value = dict(str(entry).partition("=")[::2] for entry in value)
    return {str(key): _text(entry) for key, entry in (value or {}).items()}


def _text(value: Any) -> str:
    """Return a scalar as Compose writes it: 1.0 without its point."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def environment(value: Any, own: Mapping[str, str]) -> dict[str, str]:
    """Return a service's environment; a name without value takes the one in `own`, if any."""
    if isinstance(value, list):
        value = {e.partition("=")[0]: e.partition("=")[2] if "=" in e else None for e in value}
    without = {key for key, entry in (value or {}).items() if entry is None}
    given = {key: entry for key, entry in mapping(value).items() if key not in without}
    return given | {key: own[key] for key in without if key in own}


def stop_signal(value: Any) -> str:
    """Return the name of a signal that may be written as INT, SIGINT or 2; ValueError if none."""
    text = str(value or "SIGTERM")
    if text.isdecimal() and int(text) in set(signal.Signals):
        return signal.Signals(int(text)).name
    name = f"SIG{text.removeprefix('SIG')}"
    if name not in signal.Signals.__members__:
        message = f"{text!r} is no signal, such as SIGINT"
        raise ValueError(message)
    return name


def names(value: Any) -> list[str]:
    """Return the names in an environment, also those without value."""
    entries = (str(entry).partition("=")[0] for entry in value or ())
    return list(entries) if isinstance(value, list) else [str(key) for key in value or ()]


def words(value: Any) -> list[str]:
    """Return a command line that may be written as a string."""
    return shlex.split(value) if isinstance(value, str) else [str(word) for word in value or ()]


def listed(value: Any) -> list[str]:
    """Return a list that may be written as a single string."""
    return [value] if isinstance(value, str) else list(value or ())


def health(check: Mapping[str, Any]) -> Health | None:
    """Return a service's health check, None if it has none.

    The defaults are Docker's, for which 0 stands, too.
    """
    test = check.get("test")
    if not test or check.get("disable") or test == ["NONE"]:
        return None
    if isinstance(test, str):
        argv = ["sh", "-c", test]
    else:
        kind, *argv = (str(word) for word in test)
        if kind not in {"CMD", "CMD-SHELL"} or not argv:
            message = "healthcheck.test: a list begins with CMD or CMD-SHELL, and has a command"
            raise ValueError(message)
        argv = ["sh", "-c", argv[0]] if kind == "CMD-SHELL" else argv
    start_interval = check.get("start_interval")
    if start_interval is not None and "start_period" not in check:
        message = "start_interval: is the interval in the start_period, so set that, too"
        raise ValueError(message)
    return Health(
        argv=tuple(argv),
        interval_s=seconds(check.get("interval"), 0.0) or 30.0,
        timeout_s=seconds(check.get("timeout"), 0.0) or 30.0,
        retries=retries(check) or 3,
        start_period_s=seconds(check.get("start_period"), 0.0),
        start_interval_s=seconds(start_interval, 0.0) or None,
    )


def retries(check: Mapping[str, Any]) -> int:
    """Return how many failures a service's health check allows; 0 for the default."""
    number = int(check.get("retries", 0))
    if number < 0:
        message = f"{number} is no number of failures; write 1 or more"
        raise ValueError(message)
    return number


def depends_on(value: Any, there: Collection[str] = ()) -> dict[str, str]:
    """Return what a service waits for: the host's name and the condition.

    `there` are the services that there are; of others it may say that they are not required.
    """
    if isinstance(value, list):
        return dict.fromkeys(value, "service_started")
    found = {
        name: (entry or {}).get("condition", "service_started")
        for name, entry in value.items()
        if name in there or (entry or {}).get("required", True)
    }
    for condition in found.values():
        if condition not in CONDITIONS:
            message = f"depends_on: {condition!r} is none of {', '.join(CONDITIONS)}"
            raise ValueError(message)
    return found
