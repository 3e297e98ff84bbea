"""Events of traced programs, made to measure."""

from typing import Any

from lab.evidence.events import ProgramCall, ProgramSocket
from tests import made_evidence as made

TCP = ProgramSocket(
    family="AF_INET",
    type="SOCK_STREAM",
    protocol="tcp",
    local="198.18.67.3:40000",
    peer="198.18.67.2:21567",
)
UNIX = ProgramSocket(family="AF_UNIX", type="SOCK_STREAM", protocol="unix")


def traced(
    began_ms: float,
    call: str,
    *,
    ms: float | None = 0.1,
    socket: ProgramSocket | None = TCP,
    **more: Any,
) -> ProgramCall:
    """Return the event of a call that a program on the client made, and that lasted so long."""
    began_ns = made.BEGAN_NS + round(began_ms * 1e6)
    ended_ns = None if ms is None else began_ns + round(ms * 1e6)
    fields: dict[str, Any] = {
        "program": "curl",
        "pid": 5,
        "tid": 5,
        "descriptor": 3,
        "host": "client",
    }
    if ended_ns is not None and "error" not in more:
        fields["result"] = 0
    fields |= {"time_ns": ended_ns or began_ns + 1_000_000}
    return ProgramCall(
        call=call, socket=socket, began_ns=began_ns, ended_ns=ended_ns, **(fields | more)
    )


def sent(began_ms: float, text: str, **more: Any) -> ProgramCall:
    """Return the event of a `sendto` that took all of a text."""
    size = len(text.encode())
    data: dict[str, Any] = {"data": {"text": text}, "size_bytes": size, "result": size}
    return traced(began_ms, "sendto", **(data | more))


def polled(began_ms: float, **more: Any) -> ProgramCall:
    """Return the event of a `poll` in which nothing came."""
    fds = [{"fd": 3, "events": "POLLIN", "revents": ""}]
    given: dict[str, Any] = {"arguments": {"fds": fds, "timeout_ms": 0}, "descriptor": None}
    return traced(began_ms, "poll", **({"socket": None} | given | more))
