"""Words have their room: between two lanes, or beside them; they lie on no bar and on no lane."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from lab.evidence.events import End, FaultCounters, FaultLink, FaultOff, FaultOn, HostUp, SyslogLine
from lab.report.geometry import TIMES
from lab.report.picture import draw
from lab.report.reading import read
from lab.report.shapes import Picture, Row
from lab.report.wrapping import LINE, lines, width
from tests import made_evidence as made
from tests.made_evidence import ACK, CLIENT, PSH

LONG = "a-fault-with-a-name-that-is-longer-than-the-room-between-two-lanes"


def three_hosts(folder: Path) -> Picture:
    """Return the picture of three hosts with long words everywhere."""
    events = made.start("client", "proxy", "server")
    events.insert(2, made.at(-2, HostUp(host="proxy", addresses=("198.18.67.4",))))
    links = [("client", "proxy"), ("proxy", "server"), ("client", "server")]
    asked = {"tcp": "syn", "delay_ms": 20, "first": 100, "port": 21567}
    for number, (source, target) in enumerate(links):
        link = FaultLink(source=source, target=target, fault=f"server/{number}")
        name = f"{LONG}-{number}"
        on = FaultOn(name=name, impairment="delay", asked=asked, links=(link,))
        events.append(made.at(1, on))
    for host in ("client", "proxy", "server"):
        sent = {"socket": "c", "data": "x" * 60}
        events += [
            made.call(30, None, host, "sendall", sent, began_ms=29, result={"text": "y" * 60}),
            made.call(40, None, host, "recv", {}, began_ms=31, result={"text": "z " * 30}),
            made.at(41, SyslogLine(host=host, ident="program", pid=7, message="words " * 30)),
            made.program(43, ["sh", "-c", "echo " * 30], began_ms=42, host=host, exit_status=3),
        ]
    counters = FaultCounters(acted_packets=100_000)
    for number in (2, 1, 0):
        events.append(made.at(50, FaultOff(name=f"{LONG}-{number}", counters=counters)))
    data = made.tcp(CLIENT, PSH | ACK, seq=101, ack=501, data=b"x")
    fate = made.late(20.3, fault="server/2", duplicates=1, is_changed=True)
    packets = [(25, data, made.DELIVERED), (26, data, fate), (27, data, made.DROPPED)]
    return draw(read(made.write(folder, [*events, made.at(60, End())], packets)))


def extent(row: Row) -> tuple[int, int]:
    """Return where the words of a row begin and end."""
    assert row.text
    wide = width(row.text.parts)
    begin = row.text.x - {"start": 0, "middle": wide // 2, "end": wide}[row.text.anchor]
    return begin, begin + wide


def test_words_of_three_hosts_stay_in_their_own_gap(tmp_path: Path) -> None:
    drawn = three_hosts(tmp_path)
    edges = [TIMES, *drawn.lanes.xs, drawn.lanes.width]
    rows = [row for row in drawn.rows if row.text]
    assert len(rows) > 20
    for row in rows:
        begin, end = extent(row)
        gaps = [(a, b) for a, b in pairwise(edges) if a <= begin and end <= b]
        assert gaps, (row.key, row.text)


def test_words_lie_on_no_bar(tmp_path: Path) -> None:
    drawn = three_hosts(tmp_path)
    bars = [span for span in drawn.spans if span.kind.startswith("bar")]
    for row in drawn.rows:
        if not row.text:
            continue
        begin, end = extent(row)
        beside = [one for one in bars if one.y1 < row.top + row.height and row.top < one.y2]
        assert not [one.key for one in beside if one.x1 < end and begin < one.x2], row.key


def test_words_lie_on_no_bar_where_many_calls_are_under_way(tmp_path: Path) -> None:
    events = made.half_open()
    for number in range(8):
        sent = {"socket": f"s{number}"}
        call = made.call(900, None, "server", "recv", sent, began_ms=100 + number)
        events.insert(-1, call)
    drawn = draw(read(made.write(tmp_path, events)))
    ends = [span.x2 for span in drawn.spans if span.kind == "bar" and span.x1 > drawn.lanes.xs[1]]
    labels = [row.text.x for row in drawn.rows if row.text and row.hosts == ("server",)]
    assert len(set(ends)) == 5  # and one on the lane itself; the last share a column
    assert max(ends) <= min(labels)


def test_what_was_cut_is_read_out_in_full(tmp_path: Path) -> None:
    rows = {row.key: row for row in three_hosts(tmp_path).rows}
    assert rows["f0"].text
    assert f"{LONG}-0" not in " ".join(word for _, word in rows["f0"].text.parts)
    assert f"{LONG}-0" in rows["f0"].spoken


def test_packet_with_two_lines_has_its_arrow_under_both(tmp_path: Path) -> None:
    rows = {row.key: row for row in three_hosts(tmp_path).rows}
    one, two = rows["p0"], rows["p2"]
    assert one.text
    assert two.text
    assert (len(lines(one.text.parts)), len(lines(two.text.parts))) == (1, 2)
    assert one.arrow
    assert two.arrow
    assert two.height - one.height == two.arrow.y1 - one.arrow.y1 == LINE


def test_faults_at_the_same_time_are_hatched_once(tmp_path: Path) -> None:
    drawn = three_hosts(tmp_path)
    fields = [span for span in drawn.spans if "field" in span.kind.split()]
    outlines = [span for span in drawn.spans if span.kind == "shade"]
    assert len(outlines) == 3
    assert [(one.x1, one.x2) for one in fields] == list(pairwise(drawn.lanes.xs))
    for field in fields:
        covered = [one for one in outlines if one.x1 <= field.x1 and field.x2 <= one.x2]
        assert field.y1 == min(one.y1 for one in covered)
        assert field.y2 == max(one.y2 for one in covered)


def test_faults_one_after_the_other_are_hatched_each(tmp_path: Path) -> None:
    events = made.half_open()
    faults = [one for one in events if isinstance(one, FaultOn | FaultOff)]
    later_ns = 1_100_000_000
    events[-1:-1] = [replace(one, name="again", time_ns=one.time_ns + later_ns) for one in faults]
    drawn = draw(read(made.write(tmp_path, events)))
    fields = [span for span in drawn.spans if "field" in span.kind.split()]
    assert [span.key for span in fields] == ["f0", "f1"]
    assert fields[0].y2 <= fields[1].y1
