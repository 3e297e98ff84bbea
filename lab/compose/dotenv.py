"""Files of NAME=VALUE lines: `.env`, and those that `env_file` names.

As Compose reads them: see "Use an environment file" of its documentation.
"""

import re
from collections import ChainMap
from collections.abc import Iterator, Mapping
from pathlib import Path

from lab import regular_file
from lab.compose.interpolation import interpolate
from lab.errors import VariableError

_MOST_BYTES = 1 << 20
_MOST_VALUE = 128 << 10  # execve(2) takes no longer one
_MOST_CHARACTERS = 4 << 20  # of all values of a file, variables in them set
# What is in quotes may go on in the next lines; a name alone is set to what it is already.
_SETTING = re.compile(
    r"(?:export[ \t]+)?(?P<name>[\w.\-[\]]+)[ \t]*"
    r"(?:[=:](?:[ \t]*\"(?P<double>(?:[^\"\\]|\\.)*)\"|[ \t]*'(?P<single>[^']*)'"
    r"|(?![ \t]*[\"'])(?P<bare>[^\n]*))|(?P<alone>(?=\r?$)))",
    re.MULTILINE | re.DOTALL,
)
_BETWEEN = re.compile(r"(?:\s|#[^\n]*)*")
_RAW = re.compile(r"^(?P<name>[^#=\s][^=\n]*)=(?P<value>[^\n]*)$", re.MULTILINE)
_COMMENT = re.compile(r"\s#")
_ESCAPE = re.compile(r"\\([nrt$\"\\])")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "$": "$$"}


def read(path: Path, own: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of a file; none if there is no such file, or no text in it.

    See `parse`.
    """
    try:
        text = text_of(path)
    except (OSError, UnicodeDecodeError):
        return {}
    return parse(path, text, own)


def text_of(path: Path) -> str:
    """Return the text of a file; OSError or UnicodeDecodeError when there is none."""
    return regular_file.read_text(path, _MOST_BYTES, "utf-8-sig")


def parse(path: Path, text: str, own: Mapping[str, str]) -> dict[str, str]:
    """Return the settings in the text of a file.

    Variables in it are set by `own`, else by the file above them, and what is in single quotes is
    left alone. A VariableError begins with PATH:LINE: also for what is no setting.
    """
    found: dict[str, str] = {}
    known = ChainMap(dict(own), found)
    left = _MOST_CHARACTERS
    for match in _settings(path, text):
        name = match["name"]
        try:
            if match["alone"] is None:
                found[name] = _value(match, known)
                left -= len(found[name])
                _refuse_too_long(name, found[name], left)
            elif name in own:
                found[name] = own[name]
        except VariableError as error:
            raise _located(path, text, match.start("name"), str(error)) from error
    return found


def _refuse_too_long(name: str, value: str, left: int) -> None:
    if len(value) > _MOST_VALUE:
        raise VariableError(f"{name} is longer than {_MOST_VALUE} characters")
    if left < 0:
        raise VariableError(f"the values are longer than {_MOST_CHARACTERS} characters together")


def _settings(path: Path, text: str) -> Iterator[re.Match[str]]:
    """Yield a file's settings; between them are blanks and comments only."""
    position = 0
    while True:
        between = _BETWEEN.match(text, position)
        position = between.end() if between else position
        if position == len(text):
            return
        if not (match := _SETTING.match(text, position)):
            # Not what would be its value: that may be a secret.
            word = re.split(r"[=:\n]", text[position:], maxsplit=1)[0].strip()
            why = f"{word!r} begins no setting, such as NAME=VALUE; what is quoted needs an end"
            raise _located(path, text, position, why)
        yield match
        position = match.end()


def _located(path: Path, text: str, position: int, why: str) -> VariableError:
    line = text.count("\n", 0, position) + 1
    return VariableError(f"{path}:{line}: {why}")


def parse_raw(text: str) -> dict[str, str]:
    """Return the settings of the format `raw`, in which nothing means anything else."""
    return {match["name"].strip(): match["value"] for match in _RAW.finditer(text)}


def _value(match: re.Match[str], environment: Mapping[str, str]) -> str:
    if match["single"] is not None:
        return match["single"]
    if match["double"] is not None:
        value = _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), match["double"])
    else:
        value = _COMMENT.split(match["bare"], maxsplit=1)[0].strip()
    return str(interpolate(value, environment))
