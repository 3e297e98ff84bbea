"""The calls of traced programs in a few words, as the lab's own calls are. Pure."""

from collections import Counter
from collections.abc import Iterator

from lab.agent.call_server.registry import Role
from lab.report.call_text import SHORT, WHOLE, duration
from lab.report.entries import Kind
from lab.report.traced_call import WOULD_BLOCK, FoldedCalls, Traced, TracedCall
from lab.report.traced_values import SHORT_ABOUT, Names, about, bytes_words, gave

_LASTED_NS = 10_000_000  # what took less is not worth a word


def parts(
    traced: Traced, kind: Kind, names: Names, *, whole: bool = False
) -> Iterator[tuple[str, str]]:
    """Yield the words of a row, each with its kind."""
    if isinstance(traced, FoldedCalls):
        yield from _folded_parts(traced, kind, names, whole=whole)
        return
    yield "name", traced.name
    if kind is not Kind.TRACED_END or whole:
        yield "about", about(traced, names, WHOLE if whole else SHORT_ABOUT)
    if kind is Kind.TRACED_BEGIN and not whole:
        return
    yield "arrow", "\N{RIGHTWARDS ARROW}"
    yield _outcome(traced), gave(traced, names, WHOLE if whole else SHORT)
    yield "lasted", _lasted(traced)
    yield "by", _by(traced, whole=whole)


def _folded_parts(
    fold: FoldedCalls, kind: Kind, names: Names, *, whole: bool
) -> Iterator[tuple[str, str]]:
    if kind is not Kind.TRACED_END:
        yield "sign", "+"
    yield "name", _name(fold)
    yield "many", f"\N{MULTIPLICATION SIGN}{len(fold.calls):,}"
    if kind is not Kind.TRACED_END or whole:
        yield "about", _common(about(one, names) for one in fold.calls)
    if kind is Kind.TRACED_BEGIN and not whole:
        return
    if fold.is_local:
        errors = Counter(one.error for one in fold.calls if one.error and whole)
        yield "by", ", ".join(f"{count:,} gave {name}" for name, count in errors.items())
    else:
        yield "arrow", "\N{RIGHTWARDS ARROW}"
        yield _outcome(fold.calls[0]), _gave_together(fold, names)
    lasted_ns = (fold.ended_ns or fold.looked_ns) - fold.began_ns
    yield "lasted", f"in {duration(lasted_ns)}" if lasted_ns >= _LASTED_NS else ""
    yield "by", _by(fold, whole=whole)


def _name(fold: FoldedCalls) -> str:
    if not fold.is_local:
        return fold.calls[0].name
    return ", ".join(dict.fromkeys(one.socket.family for one in fold.calls))


def _gave_together(fold: FoldedCalls, names: Names) -> str:
    if fold.error:
        return fold.error
    if fold.calls[0].role in {Role.SEND, Role.RECEIVE}:
        return bytes_words(sum(one.event.size_bytes or 0 for one in fold.calls))
    return _common(gave(one, names) for one in fold.calls) or "ok"


def _common(words: Iterator[str]) -> str:
    """Return what all of them are, or ""."""
    first = next(words, "")
    return first if all(one == first for one in words) else ""


def _outcome(call: TracedCall) -> str:
    if call.ended_ns is None:
        return "open"
    if not call.error:
        return "gave"
    return "error" if call.fault or call.error not in WOULD_BLOCK else "would-block"


def _by(traced: Traced, *, whole: bool) -> str:
    """Return which fault acted on a call, in the words of packets; "": none."""
    if not traced.fault:
        return ""
    return f"by fault {traced.fault}" if whole else f"({traced.fault})"


def _lasted(call: TracedCall) -> str:
    lasted_ns = (call.ended_ns or call.looked_ns) - call.began_ns
    return f"after {duration(lasted_ns)}" if lasted_ns >= _LASTED_NS else ""
