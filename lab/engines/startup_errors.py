"""How an engine says why a host has not come up: the same words on all of them. Pure."""

from collections.abc import Sequence

_LAST_LINES = 3
_MOST_CHARACTERS = 300


def cannot_fail(argv: Sequence[str]) -> bool:
    """Tell whether a program is up as soon as it runs: that of a bare host, which only sleeps."""
    return not argv or argv[0] == "sleep"


def exited(host: str, status: int | None, output: str) -> str:
    """Return a line for a host whose program has exited with this status after this output."""
    return f"{host} ended with status {status}; it said: {last_lines(output)}"


def unhealthy(host: str, check_output: str, output: str) -> str:
    """Return a line for an unhealthy host; `check_output` is its last health check's."""
    check = last_lines(check_output)
    return f"{host} is unhealthy; its check said: {check}; it said: {last_lines(output)}"


def last_lines(output: str) -> str:
    """Return the end of an output in one line of at most 300 characters; "nothing" for none."""
    lines = output.strip().splitlines()[-_LAST_LINES:]
    printed = ("".join(filter(str.isprintable, line)).strip() for line in lines)
    return " | ".join(filter(None, printed))[-_MOST_CHARACTERS:] or "nothing"
