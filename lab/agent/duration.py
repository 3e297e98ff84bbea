"""How long a fault may last: one rule for the command, for programs and for the agent."""

from typing import Any

from lab.net.parameters import Parameter

MOST_HOURS = 24 * 365
FOR_MS = Parameter("for_ms", float, "lift it by itself after so long", 1, MOST_HOURS * 3600e3)


def checked(for_ms: Any, where: str) -> float | None:
    """Return the time in ms, None for one without end; ParameterError when it is none."""
    return None if for_ms is None else float(FOR_MS.checked(for_ms, where))
