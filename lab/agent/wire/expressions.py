"""The expressions of nftables' lines, as bytes: what they load, compare, count and decide.

A register is 1 (NFT_REG_1), or one of the 16 from `FIRST_WORD` (NFT_REG32_00) on, of 4 bytes each.

Source: linux/netfilter/nf_tables.h; struct xt_NFQ_info_v3 of linux/netfilter/xt_NFQUEUE.h.
"""

import sys

from lab.agent.wire.netlink import attribute, nested, number, text

NETWORK, TRANSPORT = 1, 2  # bases of `payload`
EQUAL, NOT_EQUAL, AT_MOST, AT_LEAST = 0, 1, 3, 5  # operations of `cmp`
PROTOCOL, INPUT_NAME, ETHERTYPE, MARK = 16, 6, 1, 3  # keys of `meta`
FIRST_WORD = 8
DROP, ACCEPT = 0, 1
_REGISTER, _VERDICT_REGISTER = 1, 0
_BYPASS = 1
_NATIVE = sys.byteorder


def _expression(name: str, *attributes: bytes) -> bytes:
    return nested(1, text(1, name), nested(2, *attributes))


def load(base: int, offset: int, length: int, register: int = _REGISTER) -> bytes:
    """Load bytes of a packet; where it does not have them, the line does not mean it."""
    place = number(2, base) + number(3, offset) + number(4, length)
    return _expression("payload", number(1, register), place)


def meta(key: int, register: int = _REGISTER) -> bytes:
    """Load what the kernel knows of it."""
    return _expression("meta", number(1, register), number(2, key))


def next_hop(*, ipv6: bool, register: int) -> bytes:
    """Load the address to which its route sends it: a router's, or its own destination."""
    return _expression("rt", number(1, register), number(2, 2 if ipv6 else 1))


def compare(operation: int, value: bytes) -> bytes:
    """Go on only if what was loaded compares so."""
    data = nested(3, attribute(1, value))
    return _expression("cmp", number(1, _REGISTER), number(2, operation), data)


def mask(bits: int, length: int = 1, register: int = _REGISTER) -> bytes:
    """Keep only these bits of the bytes that were loaded."""
    kept = nested(4, attribute(1, bits.to_bytes(length, "big")))
    kept += nested(5, attribute(1, bytes(length)))
    registers = number(1, register) + number(2, register)
    return _expression("bitwise", registers, number(3, length), kept)


def count() -> bytes:
    """Count the packet and its bytes."""
    return _expression("counter")


def count_in(name: str, key: int) -> bytes:
    """Count it at the element of a set whose key stands in registers from `key` on.

    The set gets the element if it has none; when it is full, the line ends here.
    """
    each = number(3, 0) + number(4, key) + nested(7, text(1, "counter"))
    return _expression("dynset", text(1, name), each)


def decide(verdict: int) -> bytes:
    """Let it go on, or vanish: ACCEPT or DROP."""
    coded = nested(2, nested(2, number(1, verdict)))  # data, verdict, code
    return _expression("immediate", number(1, _VERDICT_REGISTER), coded)


def queue(to: int) -> bytes:
    """Hand it over to a queue; where nobody reads that, it goes on."""
    # First queue, how many, flags; in this machine's byte order.
    info = b"".join(value.to_bytes(2, _NATIVE) for value in (to, 1, _BYPASS, 0))
    return _expression("target", text(1, "NFQUEUE"), number(2, 3), attribute(3, info))
