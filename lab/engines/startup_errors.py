"""How an engine says why a host has not come up: the same words on all of them. Pure."""

from collections.abc import Sequence

_LAST_LINES = 3
_MOST_CHARACTERS = 300


def cannot_fail(argv: Sequence[str]) -> bool:
    """Tell whether a program need not be watched for a moment to be called up: a bare host's."""
    return not argv or argv[0] == "sleep"


def ended(host: str, status: int | None, said: str) -> str:
    """Return a line for a host whose program has ended with this exit status; `said` its output."""
    return f"{host} ended with status {status}; it said: {last_lines(said)}"


def unhealthy(host: str, check_said: str, said: str) -> str:
    """Return a line for an unhealthy host; `check_said` is its last check's output."""
    check = last_lines(check_said)
    return f"{host} is unhealthy; its check said: {check}; it said: {last_lines(said)}"


def last_lines(said: str) -> str:
    """Return the end of an output in one line of at most 300 characters; "nothing" for none."""
    lines = said.strip().splitlines()[-_LAST_LINES:]
    printed = ("".join(filter(str.isprintable, line)).strip() for line in lines)
    return " | ".join(filter(None, printed))[-_MOST_CHARACTERS:] or "nothing"
