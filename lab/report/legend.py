"""What the page explains beside the picture: only what is in it. Pure."""

from collections.abc import Iterator

from lab.net.fate import DELIVERED, FATES
from lab.report.model import Run
from lab.report.shapes import Picture
from lab.report.traced_call import FoldedCalls


def legend(run: Run, picture: Picture) -> tuple[str, ...]:
    """Return the names of what is there, in the order in which it is explained.

    A fate of the model, or `call`, `error`, `open`, `program`, `traced`, `local`, `folded`,
    `by`, `fault`, `log`, `printed`, `note`, `transfer`, `group`, `fold`, `decides`.
    """
    return tuple(_there(run, picture))


def _there(run: Run, picture: Picture) -> Iterator[str]:
    lanes = set(picture.lanes.hosts)
    calls = [one for one in run.calls if one.host in lanes]
    yield from ["call"] * any(one.ended_ns is not None and not one.error for one in calls)
    yield from ["error"] * any(one.ended_ns is not None and one.error != "" for one in calls)
    yield from ["open"] * any(one.ended_ns is None for one in calls)
    yield from ["program"] * any(one.host in lanes for one in run.programs)
    yield from ["traced"] * any(not one.is_local for one in run.traced)
    yield from ["local"] * any(one.is_local for one in run.traced)
    yield from ["folded"] * any(isinstance(one, FoldedCalls) for one in run.traced)
    yield from ["by"] * any(call.fault for one in run.traced for call in one.calls)
    packets = [one for one in run.packets if {one.source, one.target} <= lanes]
    yield from [DELIVERED] * any(one.fates == (DELIVERED,) for one in packets)
    there = {fate for one in packets for fate in one.fates} - {DELIVERED}
    yield from (fate for fate in FATES if fate in there)
    yield from ["fault"] * any(one.kind.startswith("shade") for one in picture.spans)
    yield from ["log"] * bool(run.logs)
    yield from ["printed"] * any(row.kind == "printed" for row in picture.rows)
    yield from ["note"] * bool(run.notes)
    yield from ["transfer"] * any(row.plot is not None for row in picture.rows)
    yield from ["group"] * any(row.kind == "group" for row in picture.rows)
    yield from ["fold"] * any(row.fold_ns for row in picture.rows)
    yield from ["decides"] * any(row.is_key or row.is_bad for row in picture.rows)
