"""What the scenario expected of its steps, and what came of that. Pure."""

from collections.abc import Sequence
from typing import TypeGuard

from lab.evidence.verdict import Judgement, Verdict, overall
from lab.scenario.model import Scenario


class Expectations:
    """Of each step, by its number; nothing of a number that is no step's."""

    def __init__(self, scenario: Scenario | None, judgements: Sequence[Judgement]) -> None:
        self._steps = scenario.steps if scenario else ()
        self._reproduces = scenario.reproduces if scenario else ()
        self._judgements = judgements

    def asked_for(self, number: int | None) -> bool:
        """Tell whether a step did it; what has none the lab did itself, at the end of the steps."""
        return number is not None or not self._steps

    def what(self, number: int | None) -> str:
        """Return the step in words."""
        return self._steps[number].describe() if self._has(number) else ""

    def of_call(self, number: int | None, error: str) -> tuple[str, Verdict | None, bool]:
        """Return what a call was to give, in words, what came of that, and if it tells the story:

        it is the error that the scenario is about, or it had to wait.
        """
        if not self._has(number):
            return "", None, False
        step = self._steps[number]
        verdict = self.verdict(number)
        tells = error in self._reproduces or step.must_wait
        return step.expected_text, verdict, tells

    def verdict(self, number: int | None) -> Verdict | None:
        """Return the worst of what was judged of a step."""
        if not self._has(number):
            return None
        own = [one for one in self._judgements if one.step == number]
        return overall(own) if own else None

    def _has(self, number: int | None) -> TypeGuard[int]:
        return type(number) is int and 0 <= number < len(self._steps)
