"""Whether the hosts of a lab that Compose calls up are up, and why one is not.

`docker compose up --wait` is content with a container that runs at the moment when it looks.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from docker.models.containers import Container

from lab.engines import startup_errors
from lab.engines.compose.host import service_of
from lab.errors import EngineError

# As on the other engine: a program that ends sooner, with no health check to tell, never was up.
_SETTLES_S = 0.1
_LAST_LINES = 3
_LOOKS_AFTER_S = 0.1


def explained(error: EngineError, containers: Sequence[Container]) -> EngineError:
    """Return the error in the lab's words when it is about one of these containers."""
    for container in containers:
        # Compose says: container NAME is unhealthy, or: container NAME exited (3).
        if f"container {container.name} " in f"{error} ":
            container.reload()
            return EngineError(
                why_not_up(container),
                argv=error.argv,
                exit_status=error.exit_status,
                stderr=error.stderr,
            )
    return error


def wait(
    containers: Sequence[Container], services: Mapping[str, Mapping[str, Any]], within_s: float
) -> None:
    """Wait until no health check is under way; EngineError if one fails or a program has ended.

    In place of `docker compose up --wait`, where that cannot.
    """
    may_end = _may_end(services)
    deadline_s = time.monotonic() + within_s
    left = list(containers)
    while left:
        for container in left:
            container.reload()
            state = container.attrs["State"]
            ended = not state["Running"] and service_of(container) not in may_end
            if ended or state.get("Health", {}).get("Status") == "unhealthy":
                raise EngineError(why_not_up(container))
        left = [c for c in left if c.attrs["State"].get("Health", {}).get("Status") == "starting"]
        if left and time.monotonic() >= deadline_s:
            raise EngineError(why_not_up(left[0]))
        time.sleep(_LOOKS_AFTER_S if left else 0)


def _may_end(services: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Return the services for whose end another one waits."""
    return {
        needed
        for service in services.values()
        for needed, how in service.get("depends_on", {}).items()
        if how.get("condition") == "service_completed_successfully"
    }


def check(containers: Sequence[Container], services: Mapping[str, Mapping[str, Any]]) -> None:
    """Wait until programs without health checks have run a while; EngineError if one has ended.

    `services` are those of the compose file: what another waits for the end of may end.
    """
    may_end = _may_end(services)
    watched = [
        container
        for container in containers
        if service_of(container) not in may_end
        and "Health" not in container.attrs["State"]
        and not startup_errors.cannot_fail([container.attrs["Path"], *container.attrs["Args"]])
    ]
    if not watched:
        return
    since_s = max(_started_s(container) for container in watched)
    # Not a wait for something: that nothing happens in this time is what is asked.
    time.sleep(min(_SETTLES_S, max(0.0, since_s + _SETTLES_S - time.time())))
    for container in watched:
        container.reload()
        if not container.attrs["State"]["Running"]:
            raise EngineError(why_not_up(container))


def _started_s(container: Container) -> float:
    text = str(container.attrs["State"]["StartedAt"])  # RFC 3339, with nanoseconds
    return datetime.fromisoformat(text[:19] + "+00:00").timestamp() + float(f"0{text[19:-1]}")


def why_not_up(container: Container) -> str:
    """Return why a container is not up, with the last words of it and of its health check."""
    host, state = service_of(container), container.attrs["State"]
    said = container.logs(tail=_LAST_LINES).decode(errors="replace")
    if state["Running"] and (log := state.get("Health", {}).get("Log")):
        return startup_errors.unhealthy(host, log[-1]["Output"], said)
    return startup_errors.exited(host, state["ExitCode"], said)
