"""What must come of a call or a program: the keys of a step that say so."""

import builtins
import difflib
import errno
import re
import socket
from typing import Any

from lab.agent.call_server.values import Data
from lab.net import constants
from lab.scenario import values
from lab.scenario.model import CALL_LIMIT_S, Expected
from lab.scenario.yaml import Mapping, unwrapped
from lab.suggestions import meant

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
# One of them at most.
OUTCOMES = ("gives", "gives_length", "gives_at_least", "gives_at_most", "raises", "blocks")
# None of them beside `blocks`; of programs no sign of their end either.
TIMES = ("within", "after")
ENDS = ("exit", "output")


def of_call(step: Mapping) -> Expected:
    """Read them; ParseError when they contradict each other."""
    outcomes = [key for key in OUTCOMES if key in step]
    if len(outcomes) > 1:
        raise step.wrong(outcomes[1], f"cannot stand beside {outcomes[0]}")
    after_s, within_s, blocks_s = _times(step)
    return Expected(
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


def _times(step: Mapping) -> tuple[float | None, float, float | None]:
    """Return `after`, `within` and `blocks`, in seconds; ParseError on a contradiction."""
    blocks_s, within_s = values.seconds(step, "blocks"), values.seconds(step, "within")
    after_s = values.seconds(step, "after")
    if blocks_s is not None:
        # There is no end whose time could be judged.
        for key in TIMES:
            if key in step:
                raise step.wrong(key, "cannot stand beside blocks")
    within_s = CALL_LIMIT_S if within_s is None else within_s
    if after_s is not None and after_s >= within_s:
        raise step.wrong("after", f"must be shorter than within ({within_s:g}s)")
    return after_s, within_s, blocks_s


def _raises(step: Mapping) -> str | None:
    name: str | None = step.get("raises", str)
    if name is None or name in _ERRORS:
        return name
    near = meant(name, _ERRORS) if difflib.get_close_matches(name, _ERRORS, n=1) else ""
    text = f"{name!r} is no errno, EAI name or exception, such as ECONNRESET or TimeoutError{near}"
    raise step.wrong("raises", text)


def _gives(step: Mapping) -> Any:
    value = unwrapped(step.raw("gives"))
    if why := _nonsense(value):
        raise step.wrong("gives", why)
    return value


def _nonsense(value: Any) -> str:
    """Say what no call can give, or any: data that is none, a mapping without keys."""
    if isinstance(value, list):
        return next(filter(None, map(_nonsense, value)), "")
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
    return next(filter(None, map(_nonsense, value.values())), "")


def of_program(step: Mapping) -> Expected:
    """Read them; ParseError when they contradict each other."""
    ends = [key for key in ENDS if key in step]
    if ends and "blocks" in step:
        raise step.wrong(ends[0], "cannot stand beside blocks: the program has not ended by then")
    after_s, within_s, blocks_s = _times(step)
    return Expected(
        exit_status=step.get("exit", int, default=0),
        output=step.get("output", str),
        output_matches=pattern(step, "output_matches"),
        errors_match=pattern(step, "errors_match"),
        after_s=after_s,
        within_s=within_s,
        blocks_s=blocks_s,
    )


def pattern(step: Any, key: str) -> str | None:
    """Return a regular expression as Python has them."""
    text: str | None = step.get(key, str)
    if text is not None:
        try:
            re.compile(text)
        except re.error as error:
            raise step.wrong(key, f"{text!r} is no regular expression: {error}") from None
    return text
