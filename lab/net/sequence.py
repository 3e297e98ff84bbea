"""Sequence numbers of TCP, which begin again after 2**32 (RFC 9293, 3.4; RFC 1982). Pure."""

_RING = 1 << 32
_HALF = 1 << 31


def after(number: int, size: int) -> int:
    """Return the number that is so many after another one; a negative size is before it."""
    return (number + size) % _RING


def distance(number: int, origin: int) -> int:
    """Return how far a number is after another one: from -2**31 to below 2**31."""
    return (number - origin + _HALF) % _RING - _HALF
