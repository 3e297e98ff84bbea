"""What must come of a call: keys that stand beside it, or beside the step that collects it."""

import builtins
import difflib
import errno
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from lab.agent import calls
from lab.agent.call_server import encoding
from lab.evidence.events import CallOutcome
from lab.evidence.text import result_text, shown
from lab.evidence.verdict import Judgement
from lab.net import constants
from lab.net.data import Data
from lab.scenario import keys, limits, values
from lab.scenario.keys import Keys, Schema
from lab.scenario.steps import Step
from lab.scenario.yaml import Mapping, unwrapped
from lab.suggestions import meant

KEYS: Keys = {
    "gives": {
        "description": "what the call returns: text, a number, a list, a mapping; bytes that are "
        "no UTF-8 as {hex: 00ff}; of a mapping only the keys that are given count"
    },
    "gives_length": keys.number("how many bytes it returns, whichever", minimum=0),
    "gives_at_least": keys.number("it returns a number, this one or a higher"),
    "gives_at_most": keys.number("it returns a number, this one or a lower"),
    "raises": keys.text(
        "what it raises: an errno (ECONNRESET), an EAI name (EAI_NONAME) or a Python exception "
        "(TimeoutError)",
        pattern=r"^[A-Za-z_]\w*$",
    ),
    "within": keys.WITHIN,
    "after": keys.duration("the least that it must take"),
    "blocks": keys.duration("it must not have returned by then"),
}
_NEWS_WITHIN_S = 2.0  # of a call that has returned in time, on a busy machine
# One of them at most.
_OUTCOMES = ("gives", "gives_length", "gives_at_least", "gives_at_most", "raises", "blocks")
_DATA = ({"hex"}, {"text"}, {"repeat", "times"})
_EXCEPTIONS = (
    name
    for name, one in vars(builtins).items()
    if isinstance(one, type) and issubclass(one, Exception)
)
_ERRORS = {
    *errno.errorcode.values(),
    *constants.OTHER_NAMES,
    *(name for name in dir(socket) if name.startswith("EAI_")),
    *_EXCEPTIONS,
    *("gaierror", "herror", "UnsupportedOperation", "ParameterError"),
}


def _exclusive() -> Schema:
    found = keys.never_beside("blocks", limits.TIMES) | keys.never_beside("later", KEYS)
    for name in _OUTCOMES:
        more = limits.TIMES if name == "blocks" else ()
        found |= keys.never_beside(name, (*_OUTCOMES, *more))
    return found


DEFINITION = keys.shared("of-calls", KEYS, {"dependentSchemas": _exclusive()})


@dataclass(frozen=True, slots=True)
class CallExpectation:
    """What must come of a call; None: it does not matter.

    `gives` is what it returns, as the agent writes it (text, number, list; bytes that are no UTF-8
    as {"hex": ...}). `raises` is an errno name, an EAI name or a Python exception's name. It lasts
    at least `after_s` and at most `within_s`; with `blocks_s` it must not have returned by then.
    """

    gives: Any = None
    gives_anything: bool = True  # `gives` was not asked for
    gives_length: int | None = None
    gives_at_least: int | None = None
    gives_at_most: int | None = None
    raises: str | None = None
    after_s: float | None = None
    within_s: float = limits.DEFAULT_S
    blocks_s: float | None = None

    OUTCOME: ClassVar = CallOutcome

    @property
    def limit_s(self) -> float:
        """How long to wait for its end.

        What it took is judged by its host's clock; the news of it may be late.
        """
        return self.within_s + _NEWS_WITHIN_S if self.blocks_s is None else self.blocks_s

    @property
    def text(self) -> str:
        """What is expected, for people: `gives 5 bytes`, `raises EPIPE`."""
        if self.blocks_s is not None:
            return f"blocks for {self.blocks_s:g} s"
        if self.raises is not None:
            return f"raises {self.raises}"
        if self.gives_length is not None:
            return f"gives {self.gives_length} bytes"
        if self.gives_at_least is not None:
            return f"gives at least {self.gives_at_least}"
        if self.gives_at_most is not None:
            return f"gives at most {self.gives_at_most}"
        return "returns" if self.gives_anything else f"gives {shown(self.gives)}"

    def judge(self, step: Step, event: CallOutcome) -> Iterator[Judgement]:
        """Yield a judgement for each thing that is expected; at least one."""
        found = result_text(event)
        if self.blocks_s is not None:
            yield step.judged(self.text, found, good=event.is_pending)
            return
        if event.ended_ns is None or event.began_ns is None:
            yield step.judged(f"returns within {self.within_s:g} s", "has not returned", good=False)
            return
        if event.raised and calls.known(event.call).kernel_names and self.raises is None:
            # No program's affair: what this kernel does not count proves nothing.
            yield step.unknown(self.text, found)
            return
        if self.gives_length is not None and not event.raised:
            length = _length(event.result)
            found = f"{length} bytes"
        yield step.judged(self.text, found, good=self._is_met(event))
        lasted_s = (event.ended_ns - event.began_ns) / 1e9
        if self.after_s is not None:
            good = lasted_s >= self.after_s
            yield step.judged(f"lasts at least {self.after_s:g} s", f"{lasted_s:.3f} s", good=good)
        good = lasted_s <= self.within_s
        yield step.judged(f"within {self.within_s:g} s", f"{lasted_s:.3f} s", good=good)

    def _is_met(self, event: CallOutcome) -> bool:
        """Is what it returned or raised as expected?"""
        raised, value = event.raised, event.result
        if self.raises is not None:
            name = constants.OTHER_NAMES.get(self.raises, self.raises)
            return raised is not None and name in {raised.name, raised.type}
        if raised is not None:
            return False
        if self.gives_length is not None:
            return _length(value) == self.gives_length
        if self.gives_at_least is not None:
            return isinstance(value, int | float) and value >= self.gives_at_least
        if self.gives_at_most is not None:
            return isinstance(value, int | float) and value <= self.gives_at_most
        return self.gives_anything or encoding.same(self.gives, value)


def _length(value: Any) -> int | None:
    return value if isinstance(value, int) else encoding.length(value)


def read(step: Mapping) -> CallExpectation:
    """Return what a step expects of a call. ParseError when its keys contradict each other."""
    outcomes = [key for key in _OUTCOMES if key in step]
    if len(outcomes) > 1:
        raise step.error(outcomes[1], f"cannot stand beside {outcomes[0]}")
    after_s, within_s, blocks_s = limits.read(step)
    return CallExpectation(
        gives=_gives(step) if "gives" in step else None,
        gives_anything="gives" not in step,
        gives_length=values.count(step, "gives_length"),
        gives_at_least=step.get("gives_at_least", int),
        gives_at_most=step.get("gives_at_most", int),
        raises=_raises(step),
        after_s=after_s,
        within_s=within_s,
        blocks_s=blocks_s,
    )


def _raises(step: Mapping) -> str | None:
    name: str | None = step.get("raises", str)
    if name is None or name in _ERRORS:
        return name
    near = meant(name, _ERRORS) if difflib.get_close_matches(name, _ERRORS, n=1) else ""
    text = f"{name!r} is no errno, EAI name or exception, such as ECONNRESET or TimeoutError{near}"
    raise step.error("raises", text)


def _gives(step: Mapping) -> Any:
    value = unwrapped(step.raw("gives"))
    if why := _impossible(value):
        raise step.error("gives", why)
    return value


def _impossible(value: Any) -> str:
    """Return why no call can give this, or any can: no data, a mapping without keys; else ""."""
    if isinstance(value, list):
        return next(filter(None, map(_impossible, value)), "")
    if not isinstance(value, dict):
        return ""
    if not value:
        return "an empty mapping says nothing of what is returned"
    if set(value) in _DATA:
        try:
            Data.read(value)
        except ValueError:
            quote = "; quote the digits" if isinstance(value.get("hex"), int) else ""
            return f"{value}: must be {Data.ALLOWED}{quote}"
    return next(filter(None, map(_impossible, value.values())), "")
