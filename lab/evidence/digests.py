"""Numbers and digests that show damage of a run's files. Pure.

Each event's line has its number, and a digest of itself and of the digest before, so that a line
that is missing, doubled, moved or changed is seen where it is. There is no secret in them: whoever
changes a file can make them anew.
"""

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from lab.evidence.events import End, Event, FileContent

_SIZE_BYTES = 16  # of a digest
_MARK = b', "digest": "'
_MOST_NUMBER = 1 << 53  # a number beyond is damage, and not worth many digits


class Chain:
    """Makes the lines of events, each with its number, from 1, and its digest."""

    def __init__(self) -> None:
        self.number = 0
        self._digest = b""

    def line(self, fields: Mapping[str, Any]) -> bytes:
        """Return the line of the next event; `fields` are all that it has, with its kind."""
        self.number += 1
        text = json.dumps({"number": self.number, **fields}, ensure_ascii=False)
        # Half of a surrogate pair, which UTF-8 has no bytes for, is written as JSON's own escape.
        body = text[:-1].encode(errors="backslashreplace")
        self._digest = _digest(self._digest, body)
        return b'%b%b%b"}\n' % (body, _MARK, self._digest)


class ChainCheck:
    """Checks the lines of events, one after the other."""

    def __init__(self) -> None:
        self._number = 0
        self._digest = b""
        self.ended = False  # with `end`, after which nothing comes

    def damage(self, line: bytes, fields: Mapping[str, Any]) -> str:
        """Return what is wrong with the next line, "" if nothing is; `fields` are those it has."""
        expected, before = self._number + 1, self._digest
        body, _, rest = line.rpartition(_MARK)
        number = fields.get("number")
        if type(number) is not int or not 0 < number < _MOST_NUMBER:
            number = expected
        # The next line is checked by what this one says, so that it is not damaged by it.
        self._number, self._digest = number, rest[: 2 * _SIZE_BYTES]
        if self.ended:
            return "it comes after `end`"
        self.ended = fields.get("kind") == "end"
        if number != expected:
            return _misplaced(number, expected)
        if rest != _digest(before, body) + b'"}':
            return "it is not as it was written, or the line before it is not"
        if self.ended and fields.get("events") != number:
            return f"it is event {number}, and says that there were {fields.get('events')!r:.20}"
        return ""


def _misplaced(number: int, expected: int) -> str:
    if number < expected:
        return f"it is event {number}, where event {expected} belongs"
    if number == expected + 1:
        return f"event {expected} is missing before it"
    return f"events {expected} to {number - 1} are missing before it"


class FileDigest:
    """The digest of a file, made of its bytes as they come."""

    def __init__(self) -> None:
        self._size_bytes = 0
        self._hash = blake2b(digest_size=_SIZE_BYTES)

    def update(self, data: bytes) -> None:
        """Take more bytes."""
        self._size_bytes += len(data)
        self._hash.update(data)

    def result(self) -> FileContent:
        """Return the digest of all bytes until now."""
        return FileContent(size_bytes=self._size_bytes, digest=self._hash.hexdigest())


def chained_end(events: Sequence[Event]) -> End | None:
    """Return the `end` of events that are chained; None: it is not there, or of a version before 3.

    Such a version had no digests.
    """
    end = next((one for one in reversed(events) if isinstance(one, End)), None)
    return end if end and end.events is not None else None


def content_of(data: bytes) -> FileContent:
    """Return what a file of these bytes is."""
    digest = FileDigest()
    digest.update(data)
    return digest.result()


def difference(there: FileContent, written: FileContent | None) -> str:
    """Return, for people, why a file is not the one that `end` has the digest of; "": it is."""
    if written is None:
        return "is not of this run: `end` has no digest of it"
    if there.size_bytes != written.size_bytes:
        return f"has {there.size_bytes} bytes, where {written.size_bytes} were written"
    return "" if there == written else "is not as it was written: its digest is another"


def _digest(before: bytes, body: bytes) -> bytes:
    return blake2b(before + body, digest_size=_SIZE_BYTES).hexdigest().encode()
