"""A DNS message in tcpdump's words: `A? no-such-host`, `NXDOMAIN for no-such-host`. Pure.

RFC 1035, 4: a header of 12 bytes, then the question. What follows it is only counted.
"""

import struct

PORT = 53
_TYPES = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA"}
_TYPES |= {33: "SRV", 65: "HTTPS", 255: "ANY"}
_CODES = {1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}
_RESPONSE, _TRUNCATED = 0x8000, 0x0200
_MOST_LABELS = 32
_MOST_NAME = 40


def words(message: bytes) -> str:
    """Return the message in a few words; "" for bytes that are none."""
    try:
        _, flags, questions, answers = struct.unpack_from("!4H", message)
        name, at = _name(message, 12)
        (type_,) = struct.unpack_from("!H", message, at)
    except (struct.error, IndexError, ValueError):
        return ""
    if questions != 1:
        return ""
    kind = _TYPES.get(type_, f"type {type_}")
    name = name if len(name) <= _MOST_NAME else f"{name[: _MOST_NAME - 1]}\N{HORIZONTAL ELLIPSIS}"
    if not flags & _RESPONSE:
        return f"{kind}? {name}"
    code = flags & 0xF
    if code:
        return f"{_CODES.get(code, f'rcode {code}')} for {kind} {name}"
    cut = ", truncated" if flags & _TRUNCATED else ""
    return f"{answers} answer{'' if answers == 1 else 's'} for {kind} {name}{cut}"


def _name(message: bytes, at: int) -> tuple[str, int]:
    """Return a name that is not compressed (a question's never is), and where it ends."""
    labels: list[str] = []
    for _ in range(_MOST_LABELS):
        length = message[at]
        at += 1
        if not length:
            return ".".join(labels) or ".", at
        if length > 63 or at + length > len(message):
            raise ValueError
        labels.append(message[at : at + length].decode("ascii"))
        at += length
    raise ValueError
