"""The tables people read. Pure: figures in, tables out; at most 100 columns wide."""

from rich.console import Group, JustifyMethod
from rich.table import Table
from rich.text import Text

from bench.hosts import Hosts
from bench.memory import Memory, Point
from bench.replies import ECHOES, Replies
from bench.report import ReportFigures
from bench.scenarios import Scenarios
from bench.spread import Spread
from bench.start import Start
from bench.sweep import SweepFigures
from bench.turns import Row
from bench.wire import WireFigures

WIDTH = 132  # no column of any table is cut where output is no terminal


def _table(columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns.split("|"):
        # A column of figures is marked with a trailing space.
        justify: JustifyMethod = "right" if column.endswith(" ") else "left"
        table.add_column(column.strip(), justify=justify, no_wrap=True)
    return table


def _page(title: str, table: Table, caption: str) -> Group:
    """Put them below each other; a table's own caption would be as narrow as the table."""
    return Group(Text(title, style="bold"), table, Text(caption, style="dim"))


def memory_table(found: Memory) -> Group:
    """Make the table of memory per idle client."""
    most = max(found.counts)
    notes = [
        f"Sum of PSS of the server's processes (Python {found.python}) with N idle clients, each "
        "answered once, less the same before they came, by N. The first client also pays for what "
        "is loaded or touched once.",
        f"Kernel: sockets, stacks, page tables of the machine's processes, at {most:,}, likewise.",
        "iterative: one client is served, the others wait in the backlog: connected, not accepted.",
        f"Processes at {most:,}; alone: the server without clients.",
        *(row.skipped for row in found.rows if row.skipped),
    ]
    heads = "".join(f"|AT {count:,} " for count in found.counts)
    table = _table(f"SERVER{heads}|KERNEL |PROCESSES |ALONE ")
    for row in found.rows:
        by_count = {point.clients: point for point in row.points}
        last = by_count.get(most)
        table.add_row(
            row.server,
            *(_kib(by_count.get(count)) for count in found.counts),
            "-"
            if last is None or last.kernel_kib_per_client is None
            else f"{last.kernel_kib_per_client:,.1f}",
            "-" if last is None else f"{last.processes:,}",
            f"{row.points[0].alone_kib:,}" if row.points else "-",
        )
    return _page("memory per idle client, KiB", table, "\n".join(notes))


def _kib(point: Point | None) -> str:
    return "-" if point is None else f"{point.kib_per_client:,.1f}"


def replies_table(found: Replies) -> Group:
    """Make the table of replies per second."""
    caption = (
        f"Messages of 32 bytes from host client, one under way for each client; median of "
        f"{found.effort.rounds} rounds of {found.effort.seconds:g} s in turn, and least..most. "
        f"Servers with --quiet, on Python {found.python}; connections stay open. "
        f"{ECHOES['tcp']} and {ECHOES['udp']} also show the limit of the load program. "
        "With 1 client each reply waits for two cores to wake: a busier machine can be quicker."
    )
    columns = "OVER|SERVER|CLIENTS |REPLIES/s |least..most |OF THE ECHO |least..most "
    table = _table(columns)
    group = ("", 0)
    for row in found.rows:
        if group not in (("", 0), (row.protocol, row.clients)):
            table.add_row()
        group = (row.protocol, row.clients)
        table.add_row(
            row.protocol,
            row.server,
            str(row.clients),
            f"{row.replies_per_s.median:,.0f}",
            f"{row.replies_per_s.least:,.0f}..{row.replies_per_s.most:,.0f}",
            f"{row.to_echo.median:.2f}",
            _range(row.to_echo),
        )
    return _page("replies per second across the bridge", table, caption)


def start_table(found: Start) -> Group:
    """Make the table of the lab's start and end."""
    caption = (
        f"Seconds until every host is healthy, and until all is gone; median of {found.rounds} "
        "rounds in turn, and least..most. Images are built before. Ratio: in the same round."
    )
    table = _table(f"SECONDS|{_UP_AND_DOWN}")
    for row in found.rows:
        table.add_row(*_up_and_down(row, 2))
    return _page("lab up beside docker compose up", table, caption)


def hosts_table(found: Hosts) -> Group:
    """Make the table of hosts up and down."""
    notes = [
        "Seconds until every host of N on one bridge can run programs (tried in the last), and "
        f"until they are gone; median of {found.rounds} rounds in turn, and least..most. Ratio: to "
        "namespaces in the same round.",
        "namespaces: the Python API, to the end of the lab's process. Mininet: its Python API, "
        "LinuxBridge, no controller. docker compose: up --detach --wait and down, as commands.",
        "Python's start and imports of the caller are in none of the first two; those of the lab's "
        "own process are in each up of namespaces, and the command's start in docker compose.",
        *found.left_out,
    ]
    table = _table(f"HOSTS |SECONDS|{_UP_AND_DOWN}")
    for number, group in enumerate(found.groups):
        if number:
            table.add_row()
        for row in group.rows:
            table.add_row(str(group.hosts), *_up_and_down(row, 3))
    return _page("hosts up and down", table, "\n".join(notes))


def scenarios_table(found: Scenarios) -> Group:
    """Make the tables of what scenarios cost."""
    empty = _table(
        "TWO HOSTS UP, NEXT TO NOTHING DONE, DOWN|SECONDS |least..most |RATIO |least..most "
    )
    for row in found.empty:
        empty.add_row(
            row.way,
            f"{row.total_s.median:.3f}",
            _range(row.total_s, 3),
            f"{row.to_base.median:.2f}",
            _range(row.to_base),
        )
    whole = _table(
        "ENGINE|SCENARIOS |TOTAL s |OF RUNS s |WAITED s |LAB'S OWN, EACH s |least..most "
    )
    for one in found.catalogue:
        whole.add_row(
            one.engine,
            str(one.scenarios),
            f"{one.total_s:.1f}",
            f"{one.runs_s:.1f}",
            f"{one.waited_s:.1f}",
            f"{one.own_s.median:.3f}",
            _range(one.own_s, 3),
        )
    notes = [
        f"Upper: median of {found.rounds} rounds in turn, and least..most. lab run: its Python "
        "API, with a capture of all packets and the evidence on disk; Mininet and docker compose "
        "only bring hosts up and down.",
        "Lower: the catalogue, "
        + ", ".join(f"{one.jobs} at a time on {one.engine}" for one in found.catalogue)
        + ". Waited: in calls, programs and waits, by the events. The lab's own: the rest.",
        *(f"{one.engine}: not PASS: {', '.join(one.bad)}" for one in found.catalogue if one.bad),
        *found.left_out,
    ]
    caption = "\n".join(notes)
    title = Text("scenarios", style="bold")
    return Group(title, empty, Text(), whole, Text(caption, style="dim"))


def wire_table(found: WireFigures) -> Group:
    """Make the table of what the wire costs, and the lines on how exact it is."""
    accuracy = found.accuracy
    notes = [
        "From one host to another of the engine namespaces; median of "
        f"{found.effort.rounds} rounds of {found.effort.seconds:g} s in turn, and least..most. "
        "UDP: datagrams of 1400 bytes that iperf3's receiver counted, while its sender sent what "
        "it could on the other core. "
        "Round trip: the median of a round; with one fault on the way there, none back.",
        "a fault elsewhere: on the same link, but for another port; the kernel never asks us.",
        *(
            f"delay {one.delay_ms:g} ms: error p50 {one.p50_ms:+.3f} ms, p99 {one.p99_ms:+.3f} ms "
            "(one way, 1,000 packets/s, beyond the median of the bare link)"
            for one in accuracy.delays
        ),
        f"rate {accuracy.rate_asked_bps / 1e6:g} Mbit/s: {accuracy.rate_seen_bps / 1e6:.3f} seen "
        f"({accuracy.rate_seen_bps / accuracy.rate_asked_bps - 1:+.2%}).",
        f"loss {accuracy.loss_asked:.1%}: {accuracy.loss_seen:.3%} of {accuracy.loss_of:,} "
        "datagrams did not come to their receiver, which counted them.",
        "proxy: of TCP, a process beside the receiver that sends on what it reads.",
        *found.left_out,
    ]
    columns = (
        "LINK|UDP PACKETS/s |least..most |TCP Gbit/s |least..most |ROUND TRIP us |least..most "
    )
    table = _table(columns)
    for row in found.rows:
        udp, trip = row.packets_per_s, row.round_trip_us
        table.add_row(
            row.way,
            f"{udp.median:,.0f}" if udp else "-",
            f"{udp.least:,.0f}..{udp.most:,.0f}" if udp else "-",
            f"{row.tcp_gbit_per_s.median:.2f}",
            _range(row.tcp_gbit_per_s),
            f"{trip.median:,.0f}" if trip else "-",
            _range(trip, 0) if trip else "-",
        )
    return _page("the wire: what it costs, and how exact it is", table, "\n".join(notes))


def report_table(found: ReportFigures) -> Group:
    """Make the table of what a page costs."""
    notes = [
        f"Seconds; median of {found.rounds} rounds, and least..most. Command: lab report, with "
        "Python's start; page: each further one. First paint: Chromium, from disk, until something "
        "is seen.",
        *found.left_out,
    ]
    columns = "PACKETS |COMMAND |least..most |PAGE |least..most |KiB |FIRST PAINT |least..most "
    table = _table(columns)
    for row in found.rows:
        table.add_row(
            f"{row.packets:,}",
            f"{row.command_s.median:.2f}",
            _range(row.command_s),
            f"{row.page_s.median:.3f}",
            _range(row.page_s, 3),
            f"{row.bytes / 1024:,.0f}",
            f"{row.paint_s.median:.2f}" if row.paint_s else "-",
            _range(row.paint_s) if row.paint_s else "-",
        )
    return _page("the page of a run", table, "\n".join(notes))


def sweep_table(found: SweepFigures) -> Group:
    """Make the table of what a sweep costs."""
    notes = [
        f"An exchange of {found.packets} packets, without Docker, {found.jobs} runs at a time. "
        "A run has a lab of its own, a server, its client twice, and all its evidence. Own: the "
        "share of the time that such programs take by themselves, one after the other.",
    ]
    table = _table("WAY|RUNS |SECONDS |RUNS/S |OWN ")
    for row in found.rows:
        share = row.own_s * row.runs / row.total_s
        table.add_row(
            row.way,
            f"{row.runs:,}",
            f"{row.total_s:.1f}",
            f"{row.runs_per_s:.2f}",
            f"{100 * share:.0f} %",
        )
    return _page("a sweep", table, "\n".join(notes))


_UP_AND_DOWN = "UP |least..most |RATIO |DOWN |least..most |RATIO "


def _up_and_down(row: Row, digits: int) -> list[str]:
    return [
        row.way,
        f"{row.up_s.median:.{digits}f}",
        _range(row.up_s, digits),
        f"{row.up_to_base.median:.2f}",
        f"{row.down_s.median:.{digits}f}",
        _range(row.down_s, digits),
        f"{row.down_to_base.median:.2f}",
    ]


def _range(found: Spread, digits: int = 2) -> str:
    return f"{found.least:.{digits}f}..{found.most:.{digits}f}"
