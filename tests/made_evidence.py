"""Evidence made to measure: events and a capture, in the very files that a run leaves."""

import json
import struct
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from lab.evidence import event_file, events, scenario_file, typed_json
from lab.evidence.digests import Chain, content_of
from lab.evidence.events import Event
from lab.net import pcapng
from lab.net.fate import Action, Fate, Record, encode

E = TypeVar("E", bound=Event)
BEGAN_NS = 1_700_000_000_000_000_000
CLIENT, SERVER = b"\xc6\x12\x43\x03", b"\xc6\x12\x43\x02"
SYN, ACK, PSH, FIN, RST = 0x02, 0x10, 0x08, 0x01, 0x04
_NAMES = {CLIENT: "client", SERVER: "server"}

Sent = tuple[int, bytes, Fate]  # when (milliseconds from the begin), what, and its fate


def action(what: str, settings: str, fault: str = "server/1", reason: str = "") -> Action:
    """Return what a fault did to a packet; `settings` begin with its impairment."""
    return Action(fault, settings.partition(" ")[0], settings, what, reason)


def late(late_ms: float, settings: str = "delay", fault: str = "server/1", **more: Any) -> Fate:
    """Return the fate of a packet that came late, by one fault."""
    what = f"delayed {late_ms:.3f} ms"
    actions = (action(what, settings, fault), *more.pop("actions", ()))
    return Fate(late_ns=round(late_ms * 1e6), actions=actions, **more)


DELIVERED = Fate()
DROPPED = Fate("dropped", actions=(action("dropped", "drop"),))
HELD = Fate("held", actions=(action("delayed", "delay"),))
DUPLICATE = Fate(duplicates=1, actions=(action("2 times", "duplicate"),))
CHANGED = Fate(is_changed=True, actions=(action("corrupted", "corrupt"),))

SCENARIO = """\
title: A title of <b>one's</b> own
shows: what the page shows
hosts: [server, client]
steps:
  - {on: server, call: listen, as: door, port: 21567}
  - {on: client, call: connect, as: c, to: "server:21567"}
  - {on: client, call: recv, socket: c, blocks: 1s}
"""


def tcp(
    source: bytes,
    flags: int,
    *,
    seq: int = 0,
    ack: int = 0,
    data: bytes = b"",
    window: int = 1000,
    ports: tuple[int, int] = (40000, 21567),
) -> bytes:
    """Return an IPv4 packet; `ports` are the client's and the server's."""
    client, server = ports
    ends = (client, server) if source == CLIENT else (server, client)
    target = SERVER if source == CLIENT else CLIENT
    segment = struct.pack("!HHIIBBHHH", *ends, seq, ack, 5 << 4, flags, window, 0, 0) + data
    return _ip(6, source, target, segment)


def udp(source: bytes, data: bytes, *, ports: tuple[int, int] = (40000, 21567)) -> bytes:
    """Return a datagram."""
    ends = ports if source == CLIENT else ports[::-1]
    target = SERVER if source == CLIENT else CLIENT
    return _ip(17, source, target, struct.pack("!HHHH", *ends, 8 + len(data), 0) + data)


def icmp(source: bytes, type_: int, code: int, about: bytes) -> bytes:
    """Return an ICMP error about a packet."""
    target = SERVER if source == CLIENT else CLIENT
    return _ip(1, source, target, struct.pack("!BBHI", type_, code, 0, 0) + about[:28])


def _ip(protocol: int, source: bytes, target: bytes, payload: bytes) -> bytes:
    length = 20 + len(payload)
    return (
        struct.pack("!BxHHHBBH4s4s", 0x45, length, 0, 0, 64, protocol, 0, source, target) + payload
    )


def capture(packets: Iterable[Sent], *, whole: bool = True) -> bytes:
    """Return a capture of packets."""
    blocks = [pcapng.opening(65535)]
    count = 0
    for number, (at_ms, data, fate) in enumerate(packets, 1):
        count += 1
        record = Record(_NAMES[data[12:16]], _NAMES[data[16:20]], fate)
        time_ns = BEGAN_NS + at_ms * 1_000_000
        blocks.append(_block(pcapng.ARRIVED, time_ns, data, record, number))
        if fate.kind == "delivered":
            blocks.append(_block(pcapng.DELIVERED, time_ns + fate.late_ns, data, record, number))
    if whole:
        blocks += [
            pcapng.statistics(interface, starts_ns=0, ends_ns=1, received=count, dropped=0, lost=0)
            for interface in (pcapng.ARRIVED, pcapng.DELIVERED)
        ]
    return b"".join(blocks)


def _block(interface: int, time_ns: int, data: bytes, record: Record, id_: int) -> bytes:
    ending = pcapng.padding(len(data)) + pcapng.comment(record.comment)
    ending += pcapng.custom(encode(record))
    size = pcapng.PACKET_HEADER.size + len(data) + len(ending) + pcapng.PACKET_END.size
    head = pcapng.PACKET_HEADER.pack(
        pcapng.PACKET, size, interface, time_ns >> 32, time_ns & 0xFFFFFFFF, len(data), len(data)
    )
    return head + data + ending + pcapng.PACKET_END.pack(pcapng.PACKET_ID, 8, id_, 0, 0, size)


def at(at_ms: float, event: E) -> E:
    """Return an event of a moment, in milliseconds from the begin."""
    return replace(event, time_ns=_ns(at_ms))


def _ns(at_ms: float) -> int:
    return BEGAN_NS + round(at_ms * 1e6)


def call(
    at_ms: float,
    step: int | None,
    host: str,
    name: str,
    arguments: Mapping[str, Any],
    *,
    began_ms: float,
    pending: bool = False,
    result: Any = None,
    raised: events.Raised | None = None,
) -> events.CallOutcome:
    """Return the event of a socket call that ends then."""
    return events.CallOutcome(
        time_ns=_ns(at_ms),
        step=step,
        host=host,
        call=name,
        arguments=arguments,
        began_ns=_ns(began_ms),
        ended_ns=None if pending else _ns(at_ms),
        result=result,
        raised=raised,
    )


def program(
    at_ms: float,
    argv: Iterable[str],
    *,
    began_ms: float,
    host: str = "server",
    exit_status: int | None = 0,
    **more: Any,
) -> events.ProgramOutcome:
    """Return the event of a program that ends then, or with no exit status has not ended."""
    return events.ProgramOutcome(
        time_ns=_ns(at_ms),
        host=host,
        argv=tuple(argv),
        began_ns=_ns(began_ms),
        ended_ns=None if exit_status is None else _ns(at_ms),
        exit_status=exit_status,
        **more,
    )


def start(*hosts: str) -> list[Event]:
    """Return the events that every run of a server and a client begins with."""
    first = events.Start(
        scenario="made",
        title="made",
        path="made.yaml",
        seed=7,
        engine="namespaces",
        kernel="6.1",
        python="3.11",
        socket_lab="0",
        hosts=hosts or ("server", "client"),
    )
    return [
        at(-5, first),
        at(-2, events.HostUp(host="client", addresses=("198.18.67.3",))),
        at(-1, events.HostUp(host="server", addresses=("198.18.67.2",))),
    ]


def half_open(message: str = "hello") -> list[Event]:
    """Return the events of a run whose client waits in vain, with a syslog line."""
    link = events.FaultLink(source="client", target="server", fault="server/1")
    counters = events.FaultCounters(matched_packets=1, acted_packets=1, acted_bytes=57)
    line = events.SyslogLine(
        host="server",
        facility="daemon",
        severity="info",
        ident="tcp",
        pid=7,
        message=message,
    )
    return [
        *start(),
        call(1, 0, "server", "listen", {"as": "door", "port": 21567}, began_ms=0),
        call(9, 1, "client", "connect", {"as": "c", "to": "server:21567"}, began_ms=2),
        at(10, line),
        at(
            20,
            events.FaultOn(name="outage", impairment="drop", asked={"tcp": "syn"}, links=(link,)),
        ),
        call(1030, 2, "client", "recv", {"socket": "c"}, began_ms=30, pending=True),
        at(1040, events.FaultOff(name="outage", counters=counters)),
        at(1050, events.End()),
    ]


def first(made: Iterable[Event], kind: type[E]) -> E:
    """Return the first event of a class."""
    return next(one for one in made if isinstance(one, kind))


def changed(made: Iterable[Event], kind: type[Event], **fields: Any) -> list[Event]:
    """Return events with other fields in the first one of a class."""
    listed = list(made)
    listed[listed.index(first(listed, kind))] = replace(first(listed, kind), **fields)
    return listed


def as_json(made: Iterable[Event]) -> list[dict[str, Any]]:
    """Return events as the file has them, to be damaged."""
    return [json.loads(event_file.line_of(one)) for one in made]


def handshake() -> list[Sent]:
    """Return the three packets that open a connection, and one that is dropped."""
    return [
        (3, tcp(CLIENT, SYN, seq=100), DELIVERED),
        (4, tcp(SERVER, SYN | ACK, seq=500, ack=101), DELIVERED),
        (5, tcp(CLIENT, ACK, seq=101, ack=501), DELIVERED),
        (25, tcp(CLIENT, PSH | ACK, seq=101, ack=501, data=b"hello"),
         Fate("dropped", actions=(action("dropped", "drop tcp=syn"),))),
    ]  # fmt: skip


def write(
    folder: Path,
    made: Iterable[Event | Mapping[str, Any]] | None = None,
    packets: Iterable[Sent] | None = None,
    *,
    scenario: str | None = SCENARIO,
    whole: bool = True,
) -> Path:
    """Write the files of a run into a folder and return it; without more, a half-open one's."""
    folder.mkdir(parents=True, exist_ok=True)
    captured = capture(handshake() if packets is None else packets, whole=whole)
    (folder / "wire.pcapng").write_bytes(captured)
    data = event_lines(half_open() if made is None else made, captured, scenario)
    (folder / event_file.FILE).write_bytes(data)
    if scenario is not None:
        scenario_file.write(folder, scenario)
    return folder


def event_lines(
    made: Iterable[Event | Mapping[str, Any]],
    captured: bytes = b"",
    scenario: str | bytes | None = None,
) -> bytes:
    """Return events as the lab writes them: numbered, with their digests, and those of files."""
    chain = Chain()
    files = {"capture": typed_json.encode(content_of(captured))}
    if scenario is not None:
        data = scenario.encode() if isinstance(scenario, str) else scenario
        files["scenario"] = typed_json.encode(content_of(data))
    lines = []
    for one in made:
        fields = one if isinstance(one, Mapping) else json.loads(event_file.line_of(one))
        if fields.get("kind") == "end":
            fields = {**fields, "events": chain.number + 1, **files}
        lines.append(chain.line(fields))
    return b"".join(lines)
