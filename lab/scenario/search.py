"""Which scenarios a word is about, by the head of their files: quicker than to read them whole."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from lab.errors import ParseError, ScenarioError
from lab.scenario.yaml import load, text_of

# How programs meet errors whose name they never see.
_EXCEPTIONS = {
    "gaierror": ("EAI_",),
    "herror": ("HOST_NOT_FOUND", "TRY_AGAIN"),
    "timeouterror": ("ETIMEDOUT", "TimeoutError"),
    "connectionrefusederror": ("ECONNREFUSED",),
    "connectionreseterror": ("ECONNRESET",),
    "connectionabortederror": ("ECONNABORTED",),
    "brokenpipeerror": ("EPIPE",),
    "permissionerror": ("EACCES", "EPERM"),
    "blockingioerror": ("EAGAIN", "EINPROGRESS"),
    "interruptederror": ("EINTR",),
}
_HEAD_ENDS = re.compile(r"^steps *:", re.MULTILINE)


def is_about(path: Path, word: str) -> bool:
    """Tell whether a word is in the name, topic, title, `shows`, or is an error reproduced."""
    head = _head(path)
    texts = (path.stem, path.parent.name, str(head.get("title")), str(head.get("shows")))
    plain = word.casefold()
    return any(plain in text.casefold() for text in texts) or reproduces(path, word)


def reproduces(path: Path, error: str) -> bool:
    """Tell whether it reproduces an error: an errno, an EAI name, or the exception's name."""
    names = _reproduced(path)
    if error.upper() in {name.upper() for name in names}:
        return True
    beginnings = _EXCEPTIONS.get(error.rpartition(".")[2].casefold(), ())
    return any(name.startswith(beginning) for name in names for beginning in beginnings)


def errors(paths: Iterable[Path]) -> set[str]:
    """Return all errors that some scenario reproduces."""
    return {name for path in paths for name in _reproduced(path)}


def _reproduced(path: Path) -> list[str]:
    there = _head(path).get("reproduces") or []
    return [str(one) for one in (there if isinstance(there, list) else [there])]


@cache
def _head(path: Path) -> dict[str, object]:
    try:
        text = text_of(path)
        ends = _HEAD_ENDS.search(text)
        head = load(path, text[: ends.start()] if ends else text).plain()
    except (ParseError, ScenarioError):  # `lab list` and `lab run` report it
        return {}
    return head
