"""Files of NAME=VALUE lines: `.env`, and those that `env_file` names.

As Compose reads them: see "Use an environment file" of its documentation.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from lab.compose.interpolation import VariableError, interpolate

# What is in quotes may go on in the next lines; a name alone is set to what it is already.
_SETTING = re.compile(
    r"^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][\w.]*)[ \t]*"
    r"(?:[=:](?:[ \t]*\"(?P<double>(?:[^\"\\]|\\.)*)\"|[ \t]*'(?P<single>[^']*)'|(?P<bare>[^\n]*))"
    r"|(?P<alone>$))",
    re.MULTILINE | re.DOTALL | re.ASCII,
)
_RAW = re.compile(r"^(?P<name>[^#=\s][^=\n]*)=(?P<value>[^\n]*)$", re.MULTILINE)
_COMMENT = re.compile(r"\s#")
_ESCAPE = re.compile(r"\\([nrt$\"\\])")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "$": "$$"}


def read(path: Path, own: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of a file; none if there is no such file, or no text in it.

    Variables in it are set by `own`, else by the file above them, and what is in single quotes is
    left alone. A VariableError begins with PATH:LINE.
    """
    text = _text_of(path)
    found: dict[str, str] = {}
    for match in _SETTING.finditer(text):
        name = match["name"]
        try:
            if match["alone"] is None:
                found[name] = _value(match, {**found, **own})
            elif name in own:
                found[name] = own[name]
        except VariableError as error:
            line = text.count("\n", 0, match.start("name")) + 1
            raise VariableError(f"{path}:{line}: {error}") from error
    return found


def read_raw(path: Path) -> dict[str, str]:
    """Return the settings of a file of the format `raw`, in which nothing means anything else."""
    return {match["name"].strip(): match["value"] for match in _RAW.finditer(_text_of(path))}


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _value(match: re.Match[str], environment: Mapping[str, str]) -> str:
    if match["single"] is not None:
        return match["single"]
    if match["double"] is not None:
        value = _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), match["double"])
    else:
        value = _COMMENT.split(match["bare"], maxsplit=1)[0].strip()
    return str(interpolate(value, environment))
