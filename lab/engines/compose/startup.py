"""Whether the hosts of a lab that Compose calls up are up, and why one is not.

`docker compose up --wait` is content with a container that runs at the moment when it looks.
"""

import math
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from docker.models.containers import Container

from lab.engines import startup_errors
from lab.engines.compose.host import service_of
from lab.errors import EngineError

# As on the other engine: a program that ends sooner, with no health check to tell, never was up.
_MIN_UPTIME_S = 0.1
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
    """Wait until all are up: healthy, or, without a health check, for a while not exited.

    `services` are those of the compose file: what another waits for the end of may end. EngineError
    when one is unhealthy or has exited, or a health check takes longer than `within_s`.
    """
    may_end = _may_end(services)
    began_s = time.monotonic()
    left = [one for one in containers if service_of(one) not in may_end]
    looked_s = 0.0  # what they are now says nothing of how long they have been it
    while True:
        for container in left:
            if not container.attrs["State"]["Running"] or _health(container) == "unhealthy":
                raise EngineError(why_not_up(container))
        left = [one for one in left if not _is_up(one, looked_s)]
        if not left:
            return
        checked = [one for one in left if _health(one) == "starting"]
        if checked and time.monotonic() >= began_s + within_s:
            raise EngineError(why_not_up(checked[0]))
        time.sleep(_LOOKS_AFTER_S if checked else _left_to_prove_s(left))
        # Docker's clock may be another machine's: after this time here all have run long enough.
        long_enough = time.monotonic() - began_s >= _MIN_UPTIME_S
        looked_s = math.inf if long_enough else time.time()
        for container in left:
            container.reload()


def _may_end(services: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Return the services for whose end another one waits."""
    return {
        needed
        for service in services.values()
        for needed, how in service.get("depends_on", {}).items()
        if how.get("condition") == "service_completed_successfully"
    }


def _health(container: Container) -> str | None:
    health: str | None = container.attrs["State"].get("Health", {}).get("Status")
    return health


def _is_up(container: Container, looked_s: float) -> bool:
    """Tell whether a container that ran at this time is up."""
    if (health := _health(container)) is not None:
        return health != "starting"
    if startup_errors.cannot_fail([container.attrs["Path"], *container.attrs["Args"]]):
        return True
    return looked_s >= _started_s(container) + _MIN_UPTIME_S


def _left_to_prove_s(containers: Sequence[Container]) -> float:
    """Return how long it takes until the last of them has run for long enough.

    That nothing happens in this time is what is asked, so this is not a wait for something.
    """
    since_s = max(_started_s(container) for container in containers)
    return min(_MIN_UPTIME_S, max(0.0, since_s + _MIN_UPTIME_S - time.time()))


def _started_s(container: Container) -> float:
    text = str(container.attrs["State"]["StartedAt"])  # RFC 3339, with nanoseconds
    return datetime.fromisoformat(text[:19] + "+00:00").timestamp() + float(f"0{text[19:-1]}")


def why_not_up(container: Container) -> str:
    """Return why a container is not up, with the end of its output and of its health check's."""
    host, state = service_of(container), container.attrs["State"]
    output = container.logs(tail=_LAST_LINES).decode(errors="replace")
    if state["Running"] and (log := state.get("Health", {}).get("Log")):
        return startup_errors.unhealthy(host, log[-1]["Output"], output)
    return startup_errors.exited(host, state["ExitCode"], output)
