"""Variables in a compose file: $NAME, ${NAME}, ${NAME:-default} and the like, and $$.

As the Compose Specification has them ("Interpolation"), one within another, too. Pure.
"""

import re
from collections.abc import Mapping
from typing import Any

from lab.errors import VariableError

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_MOST_DEPTH = 20  # of variables within variables
_MOST_CHARACTERS = 1 << 20
_OPERATION = re.compile(r":?[-?+]")


def interpolate(value: Any, environment: Mapping[str, str]) -> Any:
    """Return a structure of mappings, lists and strings with every variable replaced.

    VariableError as described there.
    """
    if isinstance(value, dict):
        return {key: interpolate(entry, environment) for key, entry in value.items()}
    if isinstance(value, list):
        return [interpolate(entry, environment) for entry in value]
    if isinstance(value, str) and "$" in value:
        return _text(value, environment)
    return value


def _text(text: str, environment: Mapping[str, str]) -> str:
    found, position = _Pieces(), 0
    while (dollar := text.find("$", position)) >= 0:
        found.append(text[position:dollar])
        after = text[dollar + 1 : dollar + 2]
        if after == "$":
            found.append("$")
            position = dollar + 2
        elif after == "{":
            position = _end_of(text, dollar)
            found.append(_braced(text[dollar + 2 : position - 1], text, environment))
        elif name := _NAME.match(text, dollar + 1):
            found.append(environment.get(name[0], ""))
            position = name.end()
        else:
            raise _no_variable(text)
    found.append(text[position:])
    return "".join(found.pieces)


class _Pieces:
    """What a text is made of, which variables may make longer without end."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._left = _MOST_CHARACTERS

    def append(self, piece: str) -> None:
        self.pieces.append(piece)
        self._left -= len(piece)
        if self._left < 0:
            text = f"its variables make it longer than {_MOST_CHARACTERS} characters"
            raise VariableError(text)


def _end_of(text: str, start: int) -> int:
    """Return the place behind the brace that ends the variable at `start`."""
    depth, position = 0, start
    while position < len(text):
        if text.startswith("$$", position):
            position += 1
        elif text.startswith("${", position):
            depth += 1
            if depth > _MOST_DEPTH:
                raise VariableError(f"variables nest more than {_MOST_DEPTH} deep: {text!r}")
            position += 1
        elif text[position] == "}":
            depth -= 1
            if not depth:
                return position + 1
        position += 1
    raise _no_variable(text)


def _braced(inside: str, text: str, environment: Mapping[str, str]) -> str:
    """Return what stands for the variable with this between its braces."""
    name = _NAME.match(inside)
    if not name:
        raise _no_variable(text)
    value = environment.get(name[0])
    rest = inside[name.end() :]
    if not rest:
        return value or ""
    operation = _OPERATION.match(rest)
    if not operation:
        raise _no_variable(text)
    word, kind = rest[operation.end() :], operation[0][-1]
    if operation[0][0] == ":" and not value:
        value = None
    if kind == "+":
        return "" if value is None else _text(word, environment)
    if value is not None:
        return value
    word = _text(word, environment)
    if kind == "?":
        raise VariableError(f"variable {name[0]} is not set{': ' + word if word else ''}")
    return word


def _no_variable(text: str) -> VariableError:
    return VariableError(f"{text!r}: a $ that begins no variable; write $$ for the character")
