"""What may be asked of the wire, one parameter at a time: names, ranges, words; and the refusal.

Everything that is checked before it reaches a link is checked here, from tables that stand beside
the code that uses the value.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, NoReturn

_MOST_SHOWN = 60


class ParameterError(ValueError):
    """What was asked for can have no meaning; the text names it and the allowed values."""


class Kind:
    """A kind of value that is more than a number or a word, for `Parameter.kind`."""

    ALLOWED: ClassVar[str]  # in words
    ANNOTATION: ClassVar[str] = "float | str"  # as a Python type
    SCHEMA: ClassVar[Mapping[str, Any]]  # as JSON Schema

    @classmethod
    def read(cls, value: Any) -> Any:
        """Return what a value from a file or a question means; ValueError if it is none."""
        raise NotImplementedError

    @classmethod
    def from_words(cls, text: str) -> Any:
        """Return what a person types as a file has it."""
        return text


class Parameter(NamedTuple):
    """A named value; its name ends with its unit, if it has one.

    `kind` is int, float, bool, str or a `Kind`. A number is from `least` to `most`, a word one of
    `choices`, if there are any. One that `draws`: random numbers are drawn where it is given.
    """

    name: str
    kind: type
    help: str
    least: float = 0
    most: float = 10**12
    choices: tuple[str, ...] = ()
    default: Any = None
    required: bool = False
    draws: bool = False

    @property
    def allowed(self) -> str:
        """Say in words what it may be."""
        if self.kind is str:
            return f"one of {', '.join(self.choices)}" if self.choices else "a word"
        if issubclass(self.kind, Kind):
            return self.kind.ALLOWED
        if self.kind is bool:
            return "true or false"
        what = "a whole number" if self.kind is int else "a number"
        least, most = (f"{float(end):.15g}" for end in (self.least, self.most))
        return f"{what} from {least} to {most}"

    @property
    def schema(self) -> dict[str, Any]:
        """Say it as JSON Schema."""
        schema: dict[str, Any] = {"description": self.help}
        if issubclass(self.kind, Kind):
            return {**schema, **self.kind.SCHEMA}
        schema["type"] = {bool: "boolean", int: "integer", float: "number", str: "string"}[
            self.kind
        ]
        if self.choices:
            schema["enum"] = list(self.choices)
        if self.kind is int or self.kind is float:
            schema["minimum"] = self.least
            schema["maximum"] = self.most
        return schema

    def checked(self, value: Any, where: str) -> Any:
        """Return the value as its kind; ParameterError names `where`, it and what is allowed."""
        if issubclass(self.kind, Kind):
            try:
                return self.kind.read(value)
            except ValueError:
                self._refuse(value, where)
        if not self._allows(value):
            self._refuse(value, where)
        if self.kind is bool or self.kind is str:
            return value
        return int(value) if self.kind is int else float(value)

    def _refuse(self, value: Any, where: str) -> NoReturn:
        text = f"{where}: {self.name} {shown(value)}: must be {self.allowed}"
        raise ParameterError(text) from None

    def _allows(self, value: Any) -> bool:
        if self.kind is str:
            return value in self.choices if self.choices else isinstance(value, str)
        if self.kind is bool or isinstance(value, bool):
            return self.kind is type(value)
        if not isinstance(value, int | float):
            return False
        # First the range: neither infinity nor what is not a number is in one.
        return self.least <= value <= self.most and (self.kind is float or value == int(value))


def shown(value: Any) -> str:
    """Return a value as it is shown in a refusal: on one line, and not too long for it."""
    try:
        text = repr(value)
    except ValueError:  # an int of more digits than Python writes
        return "(too many digits)"
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 3]}..."


def checked(
    parameters: Sequence[Parameter], given: Mapping[str, Any], where: str
) -> dict[str, Any]:
    """Return the values of all parameters, the defaults of those not given.

    ParameterError when one is unknown, missing or out of its range; `where` begins its text.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for name in given:
        if name not in known:
            there = f"it has {', '.join(known)}" if known else "it has none"
            text = f"{where}: {shown(name)}: no such parameter; {there}"
            raise ParameterError(text)
    values = {}
    for name, parameter in known.items():
        if given.get(name) is not None:
            values[name] = parameter.checked(given[name], where)
        elif parameter.required:
            text = f"{where}: {name}: must be given, {parameter.allowed}"
            raise ParameterError(text)
        else:
            values[name] = parameter.default
    return values
