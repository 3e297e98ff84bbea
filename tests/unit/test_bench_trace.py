"""`python -m bench trace`: what it measures, and the table that it prints."""

from rich.console import Console

from bench import table, trace
from bench.spread import Spread

ONCE = Spread(1.0, 0.5, 2.0)


def test_every_server_has_a_port_of_its_own_program() -> None:
    for one in trace.workloads(trace.QUICK):
        assert bool(one.server) == bool(one.port)
        assert one.program in " ".join(one.argv)


def test_the_table_has_a_row_for_each_program_and_says_what_is_missing() -> None:
    rows = (trace.Row("tar", ONCE, ONCE, None), trace.Row("curl", ONCE, ONCE, ONCE))
    found = trace.TraceFigures(3, rows, ("iperf3 is left out: iperf3 is not installed.",))
    console = Console(width=table.WIDTH, highlight=False)
    with console.capture() as captured:
        console.print(table.trace_table(found))
    text = captured.get()
    tar, curl = (
        next(line for line in text.splitlines() if name in line) for name in ("tar", "curl")
    )
    assert tar.split()[-2:] == ["-", "-"]
    assert curl.split()[-2:] == ["1.00", "0.50..2.00"]
    assert "iperf3 is left out" in text
