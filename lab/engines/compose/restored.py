"""What `docker compose config` loses on the way to `docker compose up`, put back. Pure.

It leaves out a 0 where nothing means something else. It names variables that only the `.env` beside
the file sets; `up` reads the file from its standard input, with no `.env` there.
"""

from collections.abc import Iterator, Mapping
from typing import Any


def restore_limits(topology: dict[str, Any]) -> None:
    """Put limits of 0 back into what `config` printed."""
    for service in topology["services"].values():
        limits = service.get("ulimits") or {}
        for name, limit in limits.items():
            if isinstance(limit, dict):
                limits[name] = {"soft": limit.get("soft", 0), "hard": limit.get("hard", 0)}


def settings(topology: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, str]:
    """Return the variables, of those that are set, that secrets and configs come from."""
    return {name: known[name] for name in _named(topology) if name in known}


def _named(topology: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("secrets", "configs"):
        for entry in (topology.get(kind) or {}).values():
            if name := (entry or {}).get("environment"):
                yield name


def without_check(topology: Mapping[str, Any]) -> set[str]:
    """Return the services whose health check, their image's, is turned off.

    `docker compose up --wait` gives up on one ("has no healthcheck configured").
    """
    return {
        name
        for name, service in topology["services"].items()
        if (check := service.get("healthcheck"))
        and (check.get("disable") or check.get("test") == ["NONE"])
    }
