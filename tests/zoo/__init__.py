"""Programs with one real-life bug each, and what a sweep must find in them.

The programs run with this folder as their current one, such as `python3 -m one_recv.client server`.
"""

from dataclasses import dataclass
from pathlib import Path

from lab.sweep.faults import NAME, FaultKind
from lab.sweep.outcomes import OutcomeKind

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class BuggyPrograms:
    """Two programs of which one has a bug, and their twins that have none.

    `fault` is the kind that shows the bug, None for a fault of a socket call; `step` is one such,
    as a step of a scenario. `outcomes` are what it then comes to, one of them: where a bit at
    random is flipped, that depends on the bit.
    """

    name: str
    server: str
    client: str
    mended_server: str
    mended_client: str
    outcomes: frozenset[OutcomeKind]
    fault: FaultKind | None
    step: str
    # Does the twin end as without a fault? Else it may report an error. A sweep with --survive
    # looks for what only reports.
    survives: bool = False


def _programs(
    name: str,
    step: str,
    fault: FaultKind | None,
    *outcomes: OutcomeKind,
    server: str = "upper_server",
    mended_server: str = "",
    mended_client: str = "mended_client",
    survives: bool = False,
) -> BuggyPrograms:
    return BuggyPrograms(
        name=name,
        server=f"python3 -m {server}",
        client=f"python3 -m {name}.client server",
        mended_server=f"python3 -m {mended_server or server}",
        mended_client=f"python3 -m {name}.{mended_client} server",
        outcomes=frozenset(outcomes),
        fault=fault,
        step=f"{{{step}, as: {NAME}}}",
        survives=survives,
    )


ZOO = (
    _programs(
        "one_recv",
        # Lost once, it comes again, and a client that is slow enough finds all of it.
        "fault: drop, link: server -> client, data: true, after: 1",
        FaultKind.CUT,
        OutcomeKind.WRONG_OUTPUT,
        server="one_recv.server",
    ),
    _programs(
        "no_timeout",
        "fault: drop, link: server -> client, data: true",
        FaultKind.CUT,
        OutcomeKind.HANG,
    ),
    _programs(
        "double_payment",
        "fault: reset, link: server -> client, data: true, nth: 1",
        FaultKind.RESET,
        OutcomeKind.WRONG_OUTPUT,
        server="double_payment.server",
        survives=True,
    ),
    _programs(
        "dead_pool",
        "fault: reset, link: server -> client, data: true, nth: 2",
        FaultKind.RESET,
        OutcomeKind.ERROR,
        server="dead_pool.server",
        survives=True,
    ),
    _programs(
        "trusted_length",
        "fault: corrupt, link: server -> client, data: true, nth: 1, checksum: mended",
        FaultKind.CORRUPT,
        *(OutcomeKind.HANG, OutcomeKind.WRONG_OUTPUT),
        server="trusted_length.server",
    ),
    _programs(
        "deaf_server",
        "fault: reset, link: client -> server, data: true, nth: 1",
        FaultKind.RESET,
        OutcomeKind.DEAF,
        server="deaf_server.server",
        mended_server="deaf_server.mended_server",
        mended_client="client",
    ),
    _programs(
        "eintr",
        "fault: call, on: client, name: recvfrom, protocol: tcp, nth: 1, errno: EINTR",
        None,
        OutcomeKind.WRONG_OUTPUT,
        survives=True,
    ),
    _programs(
        "busy_reconnect",
        "fault: drop, link: client -> server, data: true",
        FaultKind.CUT,
        OutcomeKind.FLOOD,
    ),
)
