"""The impairments as methods of a link, with typed parameters (PEP 692).

Made from `lab.agent.wire` by: python -m lab.api.make_signatures. Do not edit.
"""
# ruff: noqa: E501
# fmt: off

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Required, TypedDict, Unpack

from lab.api.keyword_arguments import by_name

if TYPE_CHECKING:
    from lab.api.fault import LinkFault


class Packets(TypedDict, total=False):
    """Which packets a fault acts on."""

    ip_version: int
    """only this version of IP (a whole number from 4 to 6)."""
    protocol: Literal["tcp", "udp", "icmp"]
    """only this protocol."""
    port: int
    """from or to this port (a whole number from 0 to 65535)."""
    source_port: int
    """from this port (a whole number from 0 to 65535)."""
    destination_port: int
    """to this port (a whole number from 0 to 65535)."""
    tcp: Literal["syn", "syn-ack", "ack", "fin", "rst"]
    """TCP segments: syn (alone), syn-ack, ack (alone, no data), fin, rst."""
    data: bool
    """with payload, or (false) without (true or false)."""
    fragment: Literal["any", "first", "later", "none"]
    """fragments: any of them, the first, later ones, or none: only whole packets."""
    icmp_type: Literal["echo-reply", "destination-unreachable", "packet-too-big", "redirect", "echo-request", "time-exceeded", "parameter-problem", "neighbour-solicitation", "neighbour-advertisement"]
    """ICMP messages of this type."""
    min_bytes: int
    """the IP packet's length, at least (a whole number from 0 to 65535)."""
    max_bytes: int
    """the IP packet's length, at most (a whole number from 20 to 65535)."""
    payload_starts_with: str | bytes | dict[str, Any]
    """whose payload starts with these bytes (text, {hex: 00ff} or {repeat: x, times: 10000})."""
    payload_contains: str | bytes | dict[str, Any]
    """in whose payload these bytes stand (text, {hex: 00ff} or {repeat: x, times: 10000})."""
    payload_matches: str
    """in whose payload this regular expression is found (a regular expression (Python's re))."""
    nth: int
    """only the n-th (a whole number from 1 to 1000000000000)."""
    first: int
    """only the first so many (a whole number from 1 to 1000000000000)."""
    every: int
    """only every n-th (a whole number from 1 to 1000000000000)."""
    after: int
    """only after so many packets; counting begins there (a whole number from 0 to 1000000000000)."""
    after_bytes: int
    """only from the byte after so many of the flow's payload on (a whole number from 0 to 1000000000000)."""
    idle_ms: float
    """only of TCP connections without a packet on this link for longer, until a new SYN (a number from 0.001 to 604800000)."""
    probability: float
    """each with this probability (a number from 0 to 1)."""
    burst_enter: float
    """bursts: probability to enter one, per packet (a number from 0 to 1)."""
    burst_leave: float
    """bursts: probability to leave one, per packet (a number from 0 to 1)."""
    burst_probability: float
    """bursts: probability within one (default 1) (a number from 0 to 1)."""
    gap_probability: float
    """bursts: probability between them (default 0) (a number from 0 to 1)."""
    seed: int
    """of the random draws (a whole number from 0 to 1000000000000)."""
    per: Literal["flow", "fault"]
    """count for each flow, or all together."""


class CorruptOptions(Packets, total=False):
    """The parameters of `corrupt`."""

    bits: int
    """how many bits (a whole number from 1 to 64)."""
    offset_bytes: int
    """where in the payload (default: at random) (a whole number from 0 to 65535)."""
    checksum: Literal["left", "mended"]
    """what becomes of it."""


class DelayOptions(Packets, total=False):
    """The parameters of `delay`."""

    delay_ms: Required[float]
    """by so many milliseconds (a number from 0 to 600000)."""
    jitter_ms: float
    """more or less so much (a number from 0 to 600000)."""
    distribution: Literal["uniform", "normal", "pareto"]
    """of the jitter."""
    overtake: bool
    """later packets may come first (else in order) (true or false)."""


class DuplicateOptions(Packets, total=False):
    """The parameters of `duplicate`."""

    copies: int
    """how many besides the first (a whole number from 1 to 100)."""


class MtuOptions(Packets, total=False):
    """The parameters of `mtu`."""

    mtu_bytes: Required[int]
    """the longest IP packet (a whole number from 68 to 65535)."""
    icmp: bool
    """say fragmentation-needed or packet-too-big (true or false)."""


class RateOptions(Packets, total=False):
    """The parameters of `rate`."""

    rate_bps: Required[float]
    """bits per second (a number from 8 to 1000000000000)."""
    limit_packets: int
    """the most that wait (default 1000) (a whole number from 0 to 1000000)."""
    limit_bytes: int
    """the most bytes that wait (default: no limit) (a whole number from 0 to 1099511627776)."""


class RejectOptions(Packets, total=False):
    """The parameters of `reject`."""

    reason: Literal["net-unreachable", "host-unreachable", "protocol-unreachable", "port-unreachable", "fragmentation-needed", "net-prohibited", "host-prohibited", "admin-prohibited", "time-exceeded", "tcp-reset"]
    """what the sender is told."""


class ReorderOptions(Packets, total=False):
    """The parameters of `reorder`."""

    gap: int
    """how many must pass (a whole number from 1 to 10000)."""
    hold_ms: float
    """the longest that it is held (a number from 1 to 60000)."""


class ReplaceOptions(Packets, total=False):
    """The parameters of `replace`."""

    find: Required[str | bytes | dict[str, Any]]
    """the bytes to replace (text, {hex: 00ff} or {repeat: x, times: 10000})."""
    replacement: Required[str | bytes | dict[str, Any]]
    """the bytes in their place (text, {hex: 00ff} or {repeat: x, times: 10000})."""


class ResetOptions(Packets, total=False):
    """The parameters of `reset`."""

    to: Literal["receiver", "sender", "both"]
    """who gets an RST."""


class SliceOptions(Packets, total=False):
    """The parameters of `slice`."""

    size_bytes: Required[int]
    """the data of each piece (a whole number from 1 to 65535)."""
    spacing_ms: float
    """between the pieces (a number from 0 to 60000)."""


class Impairments:
    """What a link may do to packets. Each method adds a fault, and returns it.

    All parameters are given by name; UsageError when they make no sense together.
    """

    def fault(self, impairment: str, **asked: Any) -> LinkFault:
        """Add a fault to the link."""
        raise NotImplementedError

    @by_name
    def corrupt(self, **asked: Unpack[CorruptOptions]) -> LinkFault:
        """Flip bits of the payload (of the transport header, where there is none)."""
        return self.fault("corrupt", **asked)

    @by_name
    def delay(self, **asked: Unpack[DelayOptions]) -> LinkFault:
        """Deliver the packet later. Jitter is the half-width of uniform, else a standard deviation."""
        return self.fault("delay", **asked)

    @by_name
    def drop(self, **asked: Unpack[Packets]) -> LinkFault:
        """Drop the packet; nobody is told."""
        return self.fault("drop", **asked)

    @by_name
    def duplicate(self, **asked: Unpack[DuplicateOptions]) -> LinkFault:
        """Deliver the packet more than once, one right after the other."""
        return self.fault("duplicate", **asked)

    @by_name
    def mtu(self, **asked: Unpack[MtuOptions]) -> LinkFault:
        """Lose packets that are longer; with `icmp` tell their sender (RFC 1191, RFC 8201)."""
        return self.fault("mtu", **asked)

    @by_name
    def observe(self, **asked: Unpack[Packets]) -> LinkFault:
        """Do nothing to the packet but count it."""
        return self.fault("observe", **asked)

    @by_name
    def rate(self, **asked: Unpack[RateOptions]) -> LinkFault:
        """Let through so many bits a second of IP packets; what its queue has no room for is lost."""
        return self.fault("rate", **asked)

    @by_name
    def reject(self, **asked: Unpack[RejectOptions]) -> LinkFault:
        """Lose the packet and answer its sender with an ICMP error, or with an RST."""
        return self.fault("reject", **asked)

    @by_name
    def reorder(self, **asked: Unpack[ReorderOptions]) -> LinkFault:
        """Hold the packet until later ones that match have passed; it is not lost if none comes."""
        return self.fault("reorder", **asked)

    @by_name
    def replace(self, **asked: Unpack[ReplaceOptions]) -> LinkFault:
        """Replace bytes of the payload by others, wherever they stand in it."""
        return self.fault("replace", **asked)

    @by_name
    def reset(self, **asked: Unpack[ResetOptions]) -> LinkFault:
        """Lose the TCP segment, and reset the connection: an RST to the receiver, the sender or both."""
        return self.fault("reset", **asked)

    @by_name
    def slice(self, **asked: Unpack[SliceOptions]) -> LinkFault:
        """Cut a TCP segment into several, each with so many bytes of its data."""
        return self.fault("slice", **asked)
