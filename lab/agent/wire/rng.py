"""Numbers that look random and are a function of what they are for.

Each is drawn for (seed, rule, flow, n, purpose) alone: never from the clock, never from a generator
that flows share. So two runs with the same traffic have the same fates.
"""

import hashlib
import struct

_COUNTS = struct.Struct(">QQ").pack
_NUMBER = struct.Struct(">Q").unpack
_UNIT = 2.0**-53


class KeyedGenerator:
    """The numbers of one rule."""

    __slots__ = ("_rule",)

    def __init__(self, seed: int, rule: str) -> None:
        self._rule = hashlib.blake2b(f"{seed}\n{rule}".encode(), digest_size=8)

    def draw(self, flow: int, n: int, purpose: bytes = b"") -> float:
        """Return a number from 0 to below 1 for the n-th packet of the flow."""
        drawn = self._rule.copy()
        drawn.update(_COUNTS(flow, n) + purpose)
        value: int = _NUMBER(drawn.digest())[0]
        # A float has 53 bits: of 64, the largest would round up to 1.
        return (value >> 11) * _UNIT


class Draw:
    """The numbers of one packet under one rule."""

    __slots__ = ("_flow", "_generator", "_n")

    def __init__(self, generator: KeyedGenerator, flow: int, n: int) -> None:
        self._generator = generator
        self._flow = flow
        self._n = n

    def number(self, purpose: bytes) -> float:
        """Return a number from 0 to below 1, another for each purpose."""
        return self._generator.draw(self._flow, self._n, purpose)
