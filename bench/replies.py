"""Replies per second across the bridge, one small message and its reply at a time for each client.

Owns which servers are compared, and how: all of them run throughout, each is asked in turn in every
round, and each round has plain echoes, which are also as fast as the load program itself can be
seen to be. Over TCP it is xinetd's built-in one, in C and without a process. Its one for UDP will
not do: what comes between its reply and its next look at the socket is thrown away, some datagrams
in a hundred when they come without pause. So a loop of recv and send stands in, in Perl.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from bench.own_lab import listening, own_lab, python_version, start_server, wait_listening
from bench.programs import source
from bench.spread import Spread, ratios, spread
from lab.api.engine import Progress
from lab.api.host import Host
from lab.api.lab import Lab
from lab.api.program import Program
from lab.errors import EngineError

MANY = 32


@dataclass(frozen=True)
class Effort:
    """How long and how often."""

    rounds: int
    seconds: float


FULL = Effort(5, 1.0)
QUICK = Effort(3, 0.3)


@dataclass(frozen=True)
class Cell:
    """One server asked in one way: `clients` sockets, each with one message under way."""

    protocol: str
    server: str
    host: str
    port: int
    clients: int


@dataclass(frozen=True)
class Row:
    """What the rounds gave for a cell; `to_echo` is against the echo asked in the same way."""

    protocol: str
    server: str
    clients: int
    replies_per_s: Spread
    to_echo: Spread


@dataclass(frozen=True)
class Replies:
    """All of the measurement. `python` is the version that runs on the hosts."""

    python: str
    effort: Effort
    rows: tuple[Row, ...]


ECHOES = {"tcp": "echo of xinetd (C)", "udp": "echo (Perl)"}
# Protocol, server, host, port. What runs on host `server` is started with its own port.
_SERVERS = (
    ("tcp", ECHOES["tcp"], "inetd", 21569),
    ("tcp", "iterative", "server", 22101),
    ("tcp", "fork", "server", 22102),
    ("tcp", "thread", "server", 22103),
    ("tcp", "async", "server", 22104),
    ("tcp", "xinetd nowait", "inetd", 21567),
    ("udp", ECHOES["udp"], "server", 22106),
    ("udp", "udp_time_server", "server", 22105),
    ("udp", "xinetd wait", "inetd", 21567),
)
# An iterative server serves one client until it leaves: there is no second one.
CELLS = tuple(
    Cell(*server, clients)
    for clients in (1, MANY)
    for server in _SERVERS
    if not (server[1] == "iterative" and clients > 1)
)


def measure(progress: Progress, *, quick: bool) -> Replies:
    """Measure all cells, in a lab of its own."""
    effort = QUICK if quick else FULL
    figures: dict[Cell, list[float]] = {cell: [] for cell in CELLS}
    with own_lab(progress) as lab, _servers(lab, progress):
        python = python_version(lab.host("server"))
        for number in range(1, effort.rounds + 1):
            for cell in CELLS:
                doing = f"replies: round {number} of {effort.rounds}"
                progress(doing, f"{cell.protocol} {cell.server}, {cell.clients}")
                figures[cell].append(_replies_per_s(lab, cell, effort.seconds))
    return Replies(python, effort, tuple(_row(cell, figures) for cell in sorted(CELLS, key=_order)))


def _order(cell: Cell) -> tuple[str, int, int]:
    return (cell.protocol, cell.clients, CELLS.index(cell))


def _row(cell: Cell, figures: dict[Cell, list[float]]) -> Row:
    wanted = (cell.protocol, ECHOES[cell.protocol], cell.clients)
    echo = next(one for one in CELLS if (one.protocol, one.server, one.clients) == wanted)
    to_echo = ratios(figures[cell], figures[echo])
    return Row(cell.protocol, cell.server, cell.clients, spread(figures[cell]), to_echo)


@contextmanager
def _servers(lab: Lab, progress: Progress) -> Iterator[None]:
    """Run every server while the block runs. One that nobody asks costs no time."""
    progress("replies: starting servers", "")
    with ExitStack() as running:
        for protocol, name, host, port in _SERVERS:
            if host == "inetd":
                wait_listening(lab.host(host), port, protocol)
                continue
            running.enter_context(_start(lab.host(host), protocol, name, port))
        yield


def _start(host: Host, protocol: str, name: str, port: int) -> Program:
    if name == ECHOES["udp"]:
        echo = host.start(["perl", "-e", source("echo.pl"), str(port)], user="lab")
        return listening(echo, port, protocol)
    tcp = f"tcp_time_server --concurrency {name} --backlog {MANY}"
    return start_server(host, tcp if protocol == "tcp" else name, port, protocol)


def _replies_per_s(lab: Lab, cell: Cell, seconds: float) -> float:
    arguments = [cell.protocol, cell.host, str(cell.port), str(cell.clients), str(seconds)]
    argv = ["python3", "-c", source("load.py"), *arguments]
    done = lab.host("client").run(argv, user="lab", timeout_s=90)
    if done.exit_status:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        why = said[-1] if said else f"status {done.exit_status}"
        text = f"{cell.protocol} {cell.server}, {cell.clients} clients: {why}"
        raise EngineError(text, exit_status=done.exit_status)
    replies, took_s = done.stdout.split()
    return int(replies) / float(took_s)
