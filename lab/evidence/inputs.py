"""The event `input`: what a program got on its standard input while it ran."""

from typing import Any

from lab.agent.call_server import encoding


def facts(data: bytes, *, close: bool) -> dict[str, Any]:
    """Return what was given: the data, how many bytes they are, and whether it was the last."""
    return {"data": encoding.encode(data) if data else None, "bytes": len(data), "close": close}
