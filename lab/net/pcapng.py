"""The layout of a capture file: its blocks and options as bytes, little-endian. No I/O.

Source: draft-ietf-opsawg-pcapng (sections 3.5 options, 4.1 section header, 4.2 interface, 4.3
packet, 4.6 statistics, 4.8 custom). Both sides use it: the agent that writes, the lab that reads.
"""

from collections.abc import Iterable
from struct import Struct

SECTION, INTERFACE, PACKET, STATISTICS = 0x0A0D0D0A, 1, 6, 5
CUSTOM_BLOCK = 0x40000BAD  # one that copies of the file may not keep
# The two interfaces of every capture, by their number.
INTERFACES = ("arrived at the wire", "delivered")
ARRIVED, DELIVERED = range(2)
# What is kept of each packet where nobody asks for more: its headers and the first of its data.
SNAP_BYTES, MOST_SNAP_BYTES = 256, 65_535

# Options: of any block, of an interface, of a packet, of a section, of statistics.
COMMENT, CUSTOM = 1, 2988
NAME, RESOLUTION = 2, 9
PACKET_ID = 5
_APPLICATION = 4
STARTS, ENDS, RECEIVED, DROPPED, LOST = 2, 3, 4, 5, 7
SLOWED = b"slowed_ns"  # in a custom option of statistics, as JSON

# Whose a custom option is: IANA's number for examples (RFC 5612), as the lab has none of its own.
# So the data say themselves whose they are.
_ENTERPRISE = 32473
_LINKTYPE_RAW = 101
_NANOSECONDS = b"\x09"
_BYTE_ORDER = 0x1A2B3C4D
_ANY_LENGTH = -1

# A block's type, its length in bytes (again at its end), and the rest of an enhanced packet's
# header: interface, time (nanoseconds, high and low half), bytes kept, bytes there were.
PACKET_HEADER = Struct("<7I")
# A packet's last options, the end of options, the block's length.
PACKET_END = Struct("<HHQHHI")
BLOCK = Struct("<2I")
LENGTH = Struct("<I")
OPTION = Struct("<2H")
TIME = Struct("<2I")
COUNT = Struct("<Q")
STATISTICS_HEADER = Struct("<5I")
_SECTION_BODY = Struct("<I2Hq")
_INTERFACE_BODY = Struct("<2HI")
_PADDING = (b"", b"\0", b"\0\0", b"\0\0\0")
_MOST_TEXT_BYTES = 4096


def padding(length: int) -> bytes:
    """Return what fills so many bytes up to a multiple of 4."""
    return _PADDING[-length & 3]


def option(code: int, value: bytes) -> bytes:
    """Return an option."""
    return OPTION.pack(code, len(value)) + value + padding(len(value))


def comment(text: str) -> bytes:
    """Return a comment as an option; a very long one is cut."""
    return option(COMMENT, text.encode()[:_MOST_TEXT_BYTES].decode(errors="ignore").encode())


def custom(data: bytes) -> bytes:
    """Return data in UTF-8 as a custom option that copies of the packet may keep."""
    return option(CUSTOM, LENGTH.pack(_ENTERPRISE) + data)


def custom_data(value: bytes) -> bytes | None:
    """Return what `custom` was made of; None of an option that is another's."""
    is_ours = value[: LENGTH.size] == LENGTH.pack(_ENTERPRISE)
    return value[LENGTH.size :] if is_ours else None


def block(kind: int, body: bytes, options: Iterable[bytes] = ()) -> bytes:
    """Return a block."""
    listed = b"".join(options)
    if listed:
        listed += OPTION.pack(0, 0)
    length = 12 + len(body) + len(listed)
    return BLOCK.pack(kind, length) + body + listed + LENGTH.pack(length)


def custom_block(data: bytes) -> bytes:
    """Return data as a block of its own; zeros may follow them there."""
    return block(CUSTOM_BLOCK, LENGTH.pack(_ENTERPRISE) + data + padding(len(data)))


def custom_block_data(found: bytes) -> bytes:
    """Return what a block of `custom_block` was made of."""
    return found[BLOCK.size + LENGTH.size : -LENGTH.size].rstrip(b"\0")


def time(time_ns: int) -> bytes:
    """Return a time since the epoch as blocks have it: its high half first."""
    return TIME.pack(time_ns >> 32, time_ns & 0xFFFFFFFF)


def opening(snap_bytes: int) -> bytes:
    """Return what a file begins with: its section and the two interfaces."""
    section = _SECTION_BODY.pack(_BYTE_ORDER, 1, 0, _ANY_LENGTH)
    interfaces = [
        block(
            INTERFACE,
            _INTERFACE_BODY.pack(_LINKTYPE_RAW, 0, snap_bytes),
            (option(NAME, name.encode()), option(RESOLUTION, _NANOSECONDS)),
        )
        for name in INTERFACES
    ]
    return block(SECTION, section, [option(_APPLICATION, b"socket-lab")]) + b"".join(interfaces)


def statistics(
    interface: int,
    *,
    starts_ns: int,
    ends_ns: int,
    received: int,
    dropped: int,
    lost: int,
    slowed_ns: int = 0,
    text: str = "",
) -> bytes:
    """Return an interface's statistics; times since the epoch.

    `received` packets came there, `dropped` of them are not in the file, and `lost` never got that
    far because the wire could not keep up. For `slowed_ns` packets had to wait for the reader.
    """
    options = [option(STARTS, time(starts_ns)), option(ENDS, time(ends_ns))]
    counts = ((RECEIVED, received), (DROPPED, dropped), (LOST, lost))
    options += [option(code, COUNT.pack(count)) for code, count in counts]
    if slowed_ns:
        options.append(custom(b'{"%s":%d}' % (SLOWED, slowed_ns)))
    if text:
        options.append(comment(text))
    return block(STATISTICS, LENGTH.pack(interface) + time(ends_ns), options)
