"""What events tell: programs with their variables, notes, and the faults that acted on packets."""

from dataclasses import replace
from pathlib import Path

from lab.evidence.events import Notice, ProgramStarted, SyslogError
from lab.net.fate import Fate
from lab.report.reading import read
from tests import made_evidence as made


def test_program_has_the_variables_that_its_step_added(tmp_path: Path) -> None:
    events = made.half_open()
    added = {"TZ": "UTC", "LANG": "C"}
    events.insert(4, made.program(2, ["date", "-u"], began_ms=1, environment=added))
    (program,) = read(made.write(tmp_path, events)).programs
    assert program.environment == (("TZ", "UTC"), ("LANG", "C"))
    assert program.line == "TZ=UTC LANG=C date -u"


def test_program_that_was_never_collected_has_them_too(tmp_path: Path) -> None:
    events = made.half_open()
    begun = ProgramStarted(name="clock", host="server", argv=("date",), environment={"TZ": "UTC"})
    events.insert(4, made.at(2, begun))
    (program,) = read(made.write(tmp_path, events)).programs
    assert program.environment == (("TZ", "UTC"),)


def test_program_that_went_on_after_its_step_is_one_and_has_all_that_it_printed(
    tmp_path: Path,
) -> None:
    events = made.half_open()
    tail = made.program(15, ["tail", "-f"], began_ms=11, exit_status=None, output="one\n", step=0)
    events.insert(6, tail)
    last = made.at(1041, replace(tail, step=None, of_step=0, output="one\ntwo\n"))
    events.insert(-1, last)
    (program,) = read(made.write(tmp_path, events)).programs
    assert (program.number, program.output) == (0, "one\ntwo\n")
    assert program.looked_ns == last.time_ns


def test_notes_and_gaps_in_the_syslog_are_shown(tmp_path: Path) -> None:
    events = made.half_open()
    events[-1:-1] = [
        made.at(1041, Notice(text="app: health checks are left out")),
        made.at(1042, SyslogError(text="2 lines are missing")),
    ]
    notes = read(made.write(tmp_path, events)).notes
    assert [(one.text, one.is_bad) for one in notes] == [
        ("app: health checks are left out", False),
        ("syslog is not whole: 2 lines are missing", True),
    ]


SEVERAL = "delivered 9.0 ms late: delayed 4.000 ms by fault server/1 (delay delay_ms=4)"
DELAYED = made.action("delayed 4.000 ms", "delay delay_ms=4")


def test_every_fault_that_acted_on_a_packet_is_named(tmp_path: Path) -> None:
    events = made.half_open()
    other = made.action("delayed 5.000 ms", "rate rate_bps=9", "server/7")
    fate = Fate(late_ns=9_000_000, actions=(DELAYED, other))
    data = made.tcp(made.CLIENT, made.SYN, seq=100)
    (packet,) = read(made.write(tmp_path, events, [(25, data, fate)])).packets
    assert packet.faults == ("outage", "server/7")
    text = f"{SEVERAL}; delayed 5.000 ms by fault server/7 (rate rate_bps=9)"
    assert packet.comment == fate.text == text


def test_what_the_lab_counts_with_is_no_fault_of_a_packet(tmp_path: Path) -> None:
    own = made.action("observed", "observe tcp=syn", "server/2")
    data = made.tcp(made.CLIENT, made.SYN, seq=100)
    both = Fate(late_ns=9_000_000, actions=(DELAYED, own))
    packets = [(25, data, both), (26, data, Fate(actions=(own,)))]
    late, plain = read(made.write(tmp_path, None, packets)).packets
    assert (late.faults, late.comment) == (("outage",), SEVERAL)
    assert (plain.faults, plain.fates, plain.comment) == ((), ("delivered",), "delivered")
