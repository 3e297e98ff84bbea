"""Evidence made to measure of a run that is PASS, with events of many kinds."""

from lab.evidence import event_file, events, folders
from tests import made_evidence as made

SCENARIO = """\
title: A title
shows: what it shows
hosts: [server, client, syslog]
steps:
  - {on: server, call: listen, as: door, port: 21567}
  - {fault: drop, link: client -> server, tcp: syn, first: 1, as: loss}
  - {on: client, call: connect, as: c, to: "server:21567", within: 5s}
  - {on: client, run: echo hello, output: "hello\\n"}
  - {wait: {syslog: hello}}
  - {lift: loss, acted: 1}
  - {expect: {packets: {link: client -> server, tcp: syn}, count: 2}}
  - {expect: {packets: {link: client -> server, tcp: syn, fate: dropped}, count: 1}}
  - {expect: {syslog: hello, count: 1}}
  - {expect: {output: hello, count: 1}}
  - {expect: {fault: loss, acted: 1}}
"""
LINK = events.FaultLink(source="client", target="server", fault="server/1")
COUNTERS = events.FaultCounters(matched_packets=2, acted_packets=1, acted_bytes=60)
LINE = events.SyslogLine(
    host="client", facility="user", severity="info", ident="x", pid=1, message="hello"
)
EVENTS = made.as_json(
    [
        *made.start("server", "client", "syslog"),
        made.call(1, 0, "server", "listen", {"as": "door", "port": 21567}, began_ms=0),
        made.at(2, events.FaultOn(step=1, name="loss", impairment="drop", links=(LINK,))),
        made.call(9, 2, "client", "connect", {"as": "c"}, began_ms=3),
        made.program(12, ["echo", "hello"], began_ms=10, host="client", output="hello\n", step=3),
        made.at(13, LINE),
        made.at(14, events.WaitOutcome(step=4, held=True, count=1, unit="lines")),
        made.at(15, events.FaultOff(step=5, name="loss", counters=COUNTERS)),
        made.at(16, events.StepsEnded()),
        made.at(17, events.CaptureEnded(ended_early=())),
        made.at(18, events.End()),
    ]
)
SYN = made.tcp(made.CLIENT, made.SYN)
CAPTURE = made.capture([(3, SYN, made.DROPPED), (5, SYN, made.DELIVERED)])
FILES = {
    folders.SCENARIO: SCENARIO.encode(),
    event_file.FILE: made.event_lines(EVENTS, CAPTURE, SCENARIO),
    folders.CAPTURE: CAPTURE,
}
