"""What the kernel has counted for a line of nftables.

Source: linux/netfilter/nf_tables.h. It counts what it carries as one as one packet: a superpacket,
too.
"""

from collections.abc import Iterable

from lab.agent.wire.netlink import attributes

_EXPRESSIONS, _NAME, _DATA = 4, 1, 2  # NFTA_RULE_EXPRESSIONS, NFTA_EXPR_NAME, NFTA_EXPR_DATA
_BYTES, _PACKETS = 1, 2  # NFTA_COUNTER_BYTES, NFTA_COUNTER_PACKETS
_COUNTER = b"counter\0"
_NO_HEADER = bytes(4)


def read(said: Iterable[tuple[int, bytes]]) -> tuple[int, int]:
    """Return the packets and the bytes that stand in a rule that the kernel has told of."""
    for _, rule in said:
        for _, one in inside(dict(attributes(rule)).get(_EXPRESSIONS, b"")):
            if (figures := counted(one)) is not None:
                return figures
    return 0, 0


def counted(expression: bytes) -> tuple[int, int] | None:
    """Return the packets and the bytes that an expression has counted; None: it counts none."""
    found = dict(inside(expression))
    if found.get(_NAME) != _COUNTER:
        return None
    figures = dict(inside(found[_DATA]))
    packets, bytes_ = (figures.get(kind, b"") for kind in (_PACKETS, _BYTES))
    return int.from_bytes(packets, "big"), int.from_bytes(bytes_, "big")


def inside(value: bytes) -> Iterable[tuple[int, bytes]]:
    """Return kind and value of each attribute within another."""
    return attributes(_NO_HEADER + value)
