"""Variables in a compose file: $NAME, ${NAME}, ${NAME:-default} and the like, and $$.

As the Compose Specification has them ("Interpolation"). Pure.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_VARIABLE = re.compile(
    r"\$(?:(?P<dollar>\$)|(?P<plain>[A-Za-z_]\w*)"
    r"|\{(?P<name>[A-Za-z_]\w*)(?:(?P<how>:?[-?+])(?P<word>[^}]*))?\}|(?P<bad>))"
)
# A line of a `.env` file; what is in quotes may go on in the next ones.
_SETTING = re.compile(
    r"^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_]\w*)[ \t]*="
    r"(?:[ \t]*\"(?P<double>(?:[^\"\\]|\\.)*)\"|[ \t]*'(?P<single>[^']*)'|(?P<bare>[^\n]*))",
    re.MULTILINE | re.DOTALL,
)
_COMMENT = re.compile(r"\s#")
_ESCAPE = re.compile(r"\\([nrt$\"\\])")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "$": "$$"}


class VariableError(Exception):
    """A variable that must be set is not, or it is not written as it should be."""

    def __init__(self, text: str, name: str = "") -> None:
        super().__init__(text)
        self.name = name


def interpolate(value: Any, environment: Mapping[str, str]) -> Any:
    """Return a structure of mappings, lists and strings with every variable replaced.

    VariableError as described there.
    """
    if isinstance(value, dict):
        return {key: interpolate(entry, environment) for key, entry in value.items()}
    if isinstance(value, list):
        return [interpolate(entry, environment) for entry in value]
    if isinstance(value, str) and "$" in value:
        return _VARIABLE.sub(lambda match: _value(match, environment), value)
    return value


def _value(match: re.Match[str], environment: Mapping[str, str]) -> str:
    if match["dollar"]:
        return "$"
    if match["bad"] is not None:
        text = f"{match.string!r}: a $ that begins no variable; write $$ for the character"
        raise VariableError(text)
    if "$" in (match["word"] or ""):
        text = f"{match.string!r}: a variable within a variable is not for this engine"
        raise VariableError(text)
    name = match["plain"] or match["name"]
    set_to = environment.get(name)
    how, word = match["how"] or "-", match["word"] or ""
    if how[0] == ":" and not set_to:
        set_to = None
    kind = how[-1]
    if kind == "+":
        return "" if set_to is None else word
    if set_to is not None:
        return set_to
    if kind == "?":
        text = f"variable {name} is not set{': ' + word if word else ''}"
        raise VariableError(text, name)
    return word


def env_file(path: Path, own: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of a `.env` file; none if there is no file.

    As with Compose, variables in it are set by `own`, else by the file above them, and what is in
    single quotes is left alone. A VariableError begins with PATH:LINE.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    found: dict[str, str] = {}
    for match in _SETTING.finditer(text):
        try:
            found[match["name"]] = _setting(match, {**found, **own})
        except VariableError as error:
            line = text.count("\n", 0, match.start("name")) + 1
            raise VariableError(f"{path}:{line}: {error}", error.name) from error
    return found


def _setting(match: re.Match[str], environment: Mapping[str, str]) -> str:
    if match["single"] is not None:
        return match["single"]
    if match["double"] is not None:
        value = _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), match["double"])
    else:
        value = _COMMENT.split(match["bare"], maxsplit=1)[0].strip()
    return str(interpolate(value, environment))
