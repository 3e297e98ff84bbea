"""What is loaded when it is used, for those who wait for a lab or a program to start."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NoReturn

from lab import printable
from lab.api.engine import Progress
from lab.suggestions import meant, near

Fill = Callable[[argparse.ArgumentParser], None]


class LazyParser(argparse.ArgumentParser):
    """A parser of a command that calls `fill` with itself before it first parses."""

    def __init__(self, *arguments: Any, fill: Fill | None = None, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._fill = fill

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As any ArgumentParser; an unknown option is refused with what was perhaps meant."""
        fill, self._fill = self._fill, None
        if fill:
            fill(self)
        found, rest = super().parse_known_args(args, namespace)
        if unknown := next((word for word in rest if word.startswith("--")), None):
            option = unknown.partition("=")[0]
            self.error(f"{option}: unknown option{near(option, self._option_string_actions)}")
        return found, rest

    def error(self, message: str) -> NoReturn:
        """Show what is wrong with the words of the command, as they may safely be seen."""
        super().error(printable.line(message))

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            text = f"{value!r}: unknown{meant(str(value), map(str, action.choices))}"
            raise argparse.ArgumentError(action, text)


@contextmanager
def progress_later(note: str = "") -> Iterator[Progress]:
    """Show what goes on, a note first. What is under way by then goes on while rich loads."""
    with ExitStack() as held:
        shown: list[Progress] = []

        def show(doing: str, detail: str) -> None:
            if not shown:
                from lab import screen

                shown.append(held.enter_context(screen.progress()))
                if note:
                    shown[0]("note", note)
            shown[0](doing, detail)

        yield show
