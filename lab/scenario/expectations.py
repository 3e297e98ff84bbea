"""What must come of a call or a program: the keys of a step that say so."""

import re
from typing import Any

from lab.scenario import values
from lab.scenario.model import CALL_LIMIT_S, Expected
from lab.scenario.nodes import Mapping, unwrapped

# One of them at most.
OUTCOMES = ("gives", "gives_length", "gives_at_least", "gives_at_most", "raises", "blocks")


def of_call(step: Mapping) -> Expected:
    """Read them; Wrong when they contradict each other."""
    outcomes = [key for key in OUTCOMES if key in step]
    if len(outcomes) > 1:
        raise step.wrong(outcomes[1], f"cannot stand beside {outcomes[0]}")
    blocks_s, within_s = values.seconds(step, "blocks"), values.seconds(step, "within")
    after_s = values.seconds(step, "after")
    if blocks_s is not None and within_s is not None:
        raise step.wrong("within", "cannot stand beside blocks")
    within_s = CALL_LIMIT_S if within_s is None else within_s
    if after_s is not None and after_s >= within_s:
        raise step.wrong("after", f"must be shorter than within ({within_s:g}s)")
    raises = step.get("raises", str)
    if raises is not None and not re.fullmatch(r"[A-Za-z_]\w*", raises):
        raise step.wrong("raises", f"{raises!r} must be a name like ECONNRESET or TimeoutError")
    return Expected(
        gives=unwrapped(step.raw("gives")) if "gives" in step else None,
        gives_anything="gives" not in step,
        gives_length=step.get("gives_length", int),
        gives_at_least=step.get("gives_at_least", int),
        gives_at_most=step.get("gives_at_most", int),
        raises=raises,
        after_s=after_s,
        within_s=within_s,
        blocks_s=blocks_s,
    )


def of_program(step: Mapping) -> Expected:
    """Read them."""
    within_s = values.seconds(step, "within")
    return Expected(
        exit_status=step.get("exit", int, default=0),
        output=step.get("output", str),
        output_matches=pattern(step, "output_matches"),
        errors_match=pattern(step, "errors_match"),
        within_s=CALL_LIMIT_S if within_s is None else within_s,
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
