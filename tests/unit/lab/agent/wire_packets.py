"""Packets for the tests of lab.agent.wire, built by hand from the RFCs' diagrams, and strategies.

Checksums are zero where a test does not need them; `scapy` judges those that the wire makes.
"""

from struct import pack

from hypothesis import strategies as st

CLIENT4, SERVER4 = bytes([198, 18, 1, 2]), bytes([198, 18, 1, 3])
CLIENT6, SERVER6 = b"\xfd" + bytes(14) + b"\x02", b"\xfd" + bytes(14) + b"\x03"
PORTS = 40312, 21567  # source, destination
DONT_FRAGMENT, MORE_FRAGMENTS = 0x4000, 0x2000


def ipv4(
    protocol: int,
    payload: bytes,
    *,
    fragment: int = DONT_FRAGMENT,
    options: bytes = b"",
    source: bytes = CLIENT4,
    destination: bytes = SERVER4,
    length: int | None = None,
) -> bytes:
    first = 0x45 + len(options) // 4
    total = 20 + len(options) + len(payload) if length is None else length
    head = pack("!BBHHHBBH", first, 0x10, total, 4321, fragment, 63, protocol, 0)
    return head + source + destination + options + payload


def ipv6(
    following: int,
    payload: bytes,
    *,
    source: bytes = CLIENT6,
    destination: bytes = SERVER6,
    length: int | None = None,
) -> bytes:
    size = len(payload) if length is None else length
    return pack("!IHBB", 0x612ABCDE, size, following, 63) + source + destination + payload


def tcp(
    flags: int,
    payload: bytes = b"",
    *,
    sequence: int = 1234,
    acknowledgment: int = 0,
    offset: int | None = None,
    options: bytes = b"",
    ports: tuple[int, int] = PORTS,
) -> bytes:
    words = 5 + len(options) // 4 if offset is None else offset
    numbers = (*ports, sequence, acknowledgment, words << 4, flags, 64240, 0, 0)
    return pack("!HHIIBBHHH", *numbers) + options + payload


def udp(
    payload: bytes = b"",
    *,
    length: int | None = None,
    checksum: int = 0,
    ports: tuple[int, int] = PORTS,
) -> bytes:
    size = 8 + len(payload) if length is None else length
    return pack("!HHHH", *ports, size, checksum) + payload


def icmp(kind: int, code: int = 0, payload: bytes = bytes(4)) -> bytes:
    return pack("!BBH", kind, code, 0) + payload


def fragment_header(following: int, offset: int, *, more: bool) -> bytes:
    return pack("!BBHI", following, 0, offset | more, 77)


PLAIN = (
    ipv4(6, tcp(0x02)),
    ipv4(6, tcp(0x18, b"hello", acknowledgment=99, options=b"\x01" * 12)),
    ipv4(17, udp(b"odd")),
    ipv4(17, udp(b"even", checksum=0x1234), options=b"\x01" * 4),
    ipv4(1, icmp(8, payload=b"ping data")),
    ipv4(17, udp(b"first part", checksum=7), fragment=MORE_FRAGMENTS),
    ipv4(17, b"the rest of it", fragment=3),
    ipv6(6, tcp(0x12, acknowledgment=2**32 - 1)),
    ipv6(17, udp(b"hello")),
    ipv6(58, icmp(128, payload=b"ping data")),
    ipv6(0, pack("!BB", 60, 0) + bytes(6) + pack("!BB", 17, 1) + bytes(14) + udp(b"x")),
    ipv6(44, fragment_header(17, 0, more=True) + udp(b"first part")),
    ipv6(44, fragment_header(17, 16, more=False) + b"the rest of it"),
)
WHOLE = (  # and what scapy reads in another way: a route still to go, and AH
    *PLAIN,
    ipv6(43, pack("!BBBB", 6, 2, 4, 1) + bytes(20) + tcp(0x10)),
    ipv6(51, pack("!BB", 17, 4) + bytes(22) + udp(b"x")),
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Draw a packet of ours with some bytes changed, then cut or lengthened."""
    data = bytearray(draw(st.sampled_from(WHOLE)))
    places = st.integers(0, min(len(data), 80) - 1)
    for at, value in draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=4)):
        data[at] = value
    del data[draw(st.integers(0, len(data)) | st.just(len(data))) :]
    return bytes(data) + draw(st.binary(max_size=12))


def any_bytes() -> st.SearchStrategy[bytes]:
    """Draw what a queue might hand over at its worst."""
    begun = st.builds(lambda first, rest: bytes([first]) + rest, st.integers(0x40, 0x6F), noise())
    return mutated() | begun | noise()


def noise() -> st.SearchStrategy[bytes]:
    return st.binary(max_size=120)
