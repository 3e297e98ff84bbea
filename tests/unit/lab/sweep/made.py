"""Values of a sweep, made by hand."""

from collections.abc import Mapping
from typing import Any

from lab.evidence.verdict import Verdict
from lab.sweep.faults import Fault, FaultKind, PacketFault
from lab.sweep.observed import Observed, ProgramEnd
from lab.sweep.outcomes import OutcomeKind, TrialOutcome
from lab.sweep.positions import PacketKind, Position
from lab.sweep.sweep import Trial

LINK = "client -> server"


def position(number: int = 1, kind: PacketKind = PacketKind.DATA, **more: Any) -> Position:
    """Return a packet of the client's."""
    return Position(**{"link": LINK, "ip_version": 4, "kind": kind, "number": number, **more})


def client(status: int | None = 0, output: str = "42\n", **more: Any) -> ProgramEnd:
    """Return how the client ended: well, unless something else is said."""
    fields = {"host": "client", "name": "1", "errors": "", "took_s": 0.1}
    return ProgramEnd(**{**fields, "exit_status": status, "output": output, **more})


def server(output: str = "served\n", status: int | None = None, **more: Any) -> ProgramEnd:
    """Return how the server goes on."""
    fields = {"host": "server", "name": "server-program", "errors": "", "took_s": 0.5}
    return ProgramEnd(**{**fields, "exit_status": status, "output": output, **more})


def observed(*programs: ProgramEnd, **more: Any) -> Observed:
    """Return a run with these programs, or with a client and a server that do well."""
    fields: dict[str, Any] = {
        **{"acted": 1, "syns": 1, "verdict": Verdict.PASS, "failed": "", "folder": "runs/try/001"},
        "programs": programs or (client(), server()),
    }
    return Observed(**{**fields, **more})


def trial(
    kind: OutcomeKind = OutcomeKind.HANG,
    fault: Fault | None = None,
    *,
    program: str = "client",
    detail: str = "it had not ended",
    **more: Any,
) -> Trial:
    """Return a trial; of the loss of the first data segment, unless another fault is given."""
    given = fault or PacketFault(FaultKind.DROP, position())
    return Trial(given, observed(**more), TrialOutcome(kind, program, detail))


def packet_trials(
    where: Position, fate: Mapping[FaultKind, OutcomeKind], **more: Any
) -> list[Trial]:
    """Return a trial of each of these faults of a packet, with what it came to."""
    return [
        trial(kind, PacketFault(fault, where, 7500 if fault is FaultKind.DELAY else None), **more)
        for fault, kind in fate.items()
    ]
