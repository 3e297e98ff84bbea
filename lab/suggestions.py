"""What a person may have meant by a word that is not known. Pure; imports nothing of the lab."""

from collections.abc import Iterable

_MOST = 100


def near(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean X?` where a known word is near, else ""."""
    if len(word) > _MOST:  # comparing takes the square of its length
        return ""
    import difflib  # noqa: PLC0415 - only after a mistake

    found = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {found[0]}?" if found else ""


def meant(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean X?` where a known word is near, else `; it may be one of ...`."""
    listed = list(known)
    return near(word, listed) or (f"; it may be one of {', '.join(listed)}" if listed else "")
