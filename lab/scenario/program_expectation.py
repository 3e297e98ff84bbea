"""What must come of a program: keys that stand beside it, or beside the step that collects it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from lab.evidence.events import ProgramOutcome
from lab.evidence.verdict import Judgement
from lab.scenario import keys, limits, values
from lab.scenario.keys import Keys, Schema
from lab.scenario.steps import Step
from lab.scenario.yaml import Mapping

KEYS: Keys = {
    "exit": {
        "description": "its exit status (128 + n: ended by signal n), or any",
        "anyOf": [{"type": "integer"}, {"const": "any"}],
        "default": 0,
    },
    "output": keys.text("what it prints, to the letter"),
    "output_matches": keys.regex("what it prints"),
    "errors_match": keys.regex("what it prints to standard error"),
    "within": keys.WITHIN,
    "after": keys.duration("the least that it must run"),
    "blocks": keys.duration("it must not have ended by then"),
}
_MOST_ERRORS, _MOST_OUTPUT = 200, 500  # characters that are shown, the last ones
# None of them stands beside `blocks`, either.
_ENDS = ("exit", "output")


def _exclusive() -> Schema:
    blocks = keys.never_beside("blocks", (*limits.TIMES, *_ENDS))
    return blocks | keys.never_beside("later", KEYS)


DEFINITION = keys.shared("of-programs", KEYS, {"dependentSchemas": _exclusive()})


@dataclass(frozen=True, slots=True)
class ProgramExpectation:
    """What must come of a program; None: it does not matter.

    It runs at least `after_s` and at most `within_s`; with `blocks_s` it must not have ended by
    then.
    """

    exit_status: int | None = 0
    output: str | None = None
    output_matches: str | None = None
    errors_match: str | None = None
    after_s: float | None = None
    within_s: float = limits.DEFAULT_S
    blocks_s: float | None = None

    OUTCOME: ClassVar = ProgramOutcome

    @property
    def limit_s(self) -> float:
        """How long to wait for its end."""
        return self.within_s if self.blocks_s is None else self.blocks_s

    @property
    def text(self) -> str:
        """What is expected, for people."""
        if self.blocks_s is not None:
            return f"runs on for {self.blocks_s:g} s"
        return f"exit status {'any' if self.exit_status is None else self.exit_status}"

    def judge(self, step: Step, event: ProgramOutcome) -> Iterator[Judgement]:
        """Yield a judgement for each thing that is expected; at least one."""
        if self.blocks_s is not None:
            ended = f"exit status {event.exit_status}{_errors(event)}"
            found = "has not ended" if event.is_pending else ended
            yield step.judged(self.text, found, good=event.is_pending)
            yield from self._judge_patterns(step, event)
            return
        limit = f"ends within {self.within_s:g} s"
        if event.ended_ns is None:
            found = "has not ended" + ("; its input is open" if event.input_open else "")
            yield step.judged(limit, found + _errors(event), good=False)
            return
        errors = event.errors.strip()[-_MOST_ERRORS:]
        found = f"exit status {event.exit_status}" + (f"; {errors}" if errors else "")
        yield step.judged(self.text, found, good=self.exit_status in {None, event.exit_status})
        if self.output is not None:
            good = event.output == self.output
            found = repr(event.output) + ("" if good else _errors(event))
            yield step.judged(f"prints {self.output!r}", found, good=good)
        yield from self._judge_patterns(step, event)
        lasted_s = (event.ended_ns - event.began_ns) / 1e9
        if self.after_s is not None:
            good = lasted_s >= self.after_s
            yield step.judged(f"runs at least {self.after_s:g} s", f"{lasted_s:.3f} s", good=good)
        yield step.judged(limit, f"{lasted_s:.3f} s", good=lasted_s <= self.within_s)

    def _judge_patterns(self, step: Step, event: ProgramOutcome) -> Iterator[Judgement]:
        output, errors = event.output, event.errors
        for pattern, text in ((self.output_matches, output), (self.errors_match, errors)):
            if pattern is not None:
                good = re.search(pattern, text) is not None
                found = repr(text[-_MOST_OUTPUT:])
                if not good and text is output:
                    found += _errors(event)
                yield step.judged(f"prints /{pattern}/", found, good=good)


def _exit_status(step: Mapping) -> int | None:
    found = step.get("exit", int, str, default=0)
    if isinstance(found, str):
        if found != "any":
            raise step.error("exit", f"{found!r}: must be a whole number, or any")
        return None
    return int(found)


def _errors(event: ProgramOutcome) -> str:
    """Return the end of what a program printed to standard error, to be read after what it did."""
    errors = event.errors.strip()
    return f"; standard error: {errors[-_MOST_ERRORS:]!r}" if errors else ""


def read(step: Mapping) -> ProgramExpectation:
    """Return what a step expects of a program. ParseError when its keys contradict each other."""
    ends = [key for key in _ENDS if key in step]
    if ends and "blocks" in step:
        raise step.error(ends[0], "cannot stand beside blocks: the program has not ended by then")
    after_s, within_s, blocks_s = limits.read(step)
    return ProgramExpectation(
        exit_status=_exit_status(step),
        output=step.get("output", str),
        output_matches=values.pattern(step, "output_matches"),
        errors_match=values.pattern(step, "errors_match"),
        after_s=after_s,
        within_s=within_s,
        blocks_s=blocks_s,
    )
