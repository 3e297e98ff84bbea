"""Text of files, programs and peers as a person may safely see it: escaped, and of bounded length.

Whatever reaches a terminal goes through here: a control character may move the cursor, change the
title, or hide what came before it. What is data for programs (`--json`) stays as it is. Both are
idempotent.
"""

MOST_LINE = 1_000  # characters of one line of a message
_MARK_LENGTH = 60


def escaped(text: str, keep: str = "") -> str:
    """Return the text with an escape, as of `\\n`, for each character that does not print.

    What is in `keep` stays, and so do blanks of every script.
    """
    if text.isprintable():
        return text
    return "".join(one if _prints(one) or one in keep else ascii(one)[1:-1] for one in text)


def _prints(one: str) -> bool:
    return one.isprintable() or (one.isspace() and one > "\x85" and one not in "\u2028\u2029")


def shortened(text: str, most: int = MOST_LINE) -> str:
    """Return a text of at most so many characters: what is too much in the middle is left out."""
    if len(text) <= most:
        return text
    room = most - _MARK_LENGTH
    head, tail = text[: room - room // 3], text[-(room // 3) :]
    left_out = len(text) - len(head) - len(tail)
    return f"{head} ... ({left_out} characters left out) ... {tail}"


def line(text: str, most: int = MOST_LINE) -> str:
    """Return a text as one line for a person."""
    return shortened(escaped(text), most)


def lines(text: str, most: int = MOST_LINE) -> str:
    """Return a text of several lines, each of which is as `line` makes it."""
    return "\n".join(line(one, most) for one in text.split("\n"))
