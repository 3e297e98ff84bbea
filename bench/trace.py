"""What it costs a program to be traced: untraced, traced, and under strace(1), in turn.

Owns what is run, and how: on one host without Docker, each program in every way in each round. The
ratios are against the untraced run of the same round.
"""

import shlex
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from bench.many import compose_file, host_name
from bench.own_lab import new_name, wait_until
from bench.spread import Spread, ratios, spread
from bench.turns import seconds
from lab.api.engine import Progress
from lab.api.host import Host
from lab.engines import choice
from lab.errors import EngineError
from lab.model import ComposeFiles

_WITHIN_S = 600.0
_REDIS_PORT, _IPERF_PORT, _WEB_PORT = 22301, 22302, 22303
_FOLDER = "/tmp/folder"  # noqa: S108 - the host's own
_FILES = f"""
import pathlib
for number in range(3000):
    place = pathlib.Path("{_FOLDER}", str(number // 100), str(number))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(bytes(4096))
"""
_STRACE = ("strace", "-f", "-e", "trace=network", "-o", "/dev/null")


@dataclass(frozen=True)
class Effort:
    """How often, and how much."""

    rounds: int
    requests: int
    fetches: int
    megabytes: int
    archives: int


FULL = Effort(5, 20_000, 200, 4000, 20)
QUICK = Effort(2, 3_000, 30, 500, 4)


@dataclass(frozen=True)
class Workload:
    """A program that is measured, and the server that it talks to."""

    name: str
    program: str
    argv: tuple[str, ...]
    server: tuple[str, ...] = ()
    port: int = 0


@dataclass(frozen=True)
class Row:
    """A program: seconds untraced, and how many times as long it takes in the other ways."""

    name: str
    untraced_s: Spread
    traced: Spread
    strace: Spread | None


@dataclass(frozen=True)
class TraceFigures:
    """All of the measurement. `left_out` says in a line each what is not measured, and why."""

    rounds: int
    rows: tuple[Row, ...]
    left_out: tuple[str, ...]


def measure(progress: Progress, *, quick: bool) -> TraceFigures:
    """Measure everything, in a lab of its own."""
    effort = QUICK if quick else FULL
    there, left_out = _installed(workloads(effort))
    has_strace = shutil.which("strace") is not None
    left_out += [] if has_strace else ["strace is left out: it is not installed."]
    with _one_host() as host:
        _run(host, ["python3", "-c", _FILES])
        rows = [_row(host, one, effort, progress, has_strace=has_strace) for one in there]
    return TraceFigures(effort.rounds, tuple(rows), tuple(left_out))


def workloads(effort: Effort) -> Sequence[Workload]:
    """Return all that is measured."""
    redis = ("redis-server", "--port", str(_REDIS_PORT), "--save", "")
    asks = ("redis-benchmark", "-p", str(_REDIS_PORT), "-q", "-t", "get")
    fetch = f"curl --silent --output /dev/null http://127.0.0.1:{_WEB_PORT}/"
    fetches = f"for n in $(seq {effort.fetches}); do {fetch} || exit; done"
    archive = f"tar --create --file=- {shlex.quote(_FOLDER)} | cat > /dev/null"
    archives = f"for n in $(seq {effort.archives}); do {archive} || exit; done"
    stream = ("iperf3", "--client", "127.0.0.1", "--port", str(_IPERF_PORT))
    web = ("python3", "-m", "http.server", str(_WEB_PORT), "--directory", _FOLDER)
    iperf = ("iperf3", "--server", "--port", str(_IPERF_PORT))
    one, fifty = ((*asks, "-c", n, "-n", str(effort.requests)) for n in ("1", "50"))
    size = ("--bytes", f"{effort.megabytes}M")
    return (
        Workload("redis-benchmark, 1 client", asks[0], one, redis, _REDIS_PORT),
        Workload("redis-benchmark, 50 clients", asks[0], fifty, redis, _REDIS_PORT),
        Workload("curl, again and again", "curl", ("sh", "-c", fetches), web, _WEB_PORT),
        Workload("iperf3", "iperf3", (*stream, *size), iperf, _IPERF_PORT),
        Workload("tar, without sockets", "tar", ("sh", "-c", archives)),
    )


def _installed(every: Sequence[Workload]) -> tuple[list[Workload], list[str]]:
    there, left_out = [], []
    for one in every:
        needed = [one.program, *one.server[:1]]
        if missing := next((name for name in needed if not shutil.which(name)), None):
            left_out.append(f"{one.name} is left out: {missing} is not installed.")
        else:
            there.append(one)
    return there, left_out


def _row(
    host: Host, workload: Workload, effort: Effort, progress: Progress, *, has_strace: bool
) -> Row:
    argv = workload.argv
    ways: dict[str, Callable[[], None]] = {
        "untraced": lambda: _run(host, argv),
        "traced": lambda: _run(host, argv, trace=True),
    }
    if has_strace:
        ways["strace"] = lambda: _run(host, [*_STRACE, *argv])
    took: dict[str, list[float]] = {way: [] for way in ways}
    with ExitStack() as running:
        if workload.server:
            running.enter_context(host.start(workload.server))
            wait_until(lambda: _listens(host, workload.port), f"{workload.server[0]} listens")
        host.tracer.begin()
        for number in range(1, effort.rounds + 1):
            for way, run in ways.items():
                progress(f"trace: round {number} of {effort.rounds}", f"{workload.name} {way}")
                took[way].append(seconds(run))
    base = took["untraced"]
    strace = ratios(took["strace"], base) if has_strace else None
    return Row(workload.name, spread(base), ratios(took["traced"], base), strace)


def _run(host: Host, argv: Sequence[str], *, trace: bool = False) -> None:
    """Run a program to its end; EngineError when it fails."""
    done = host.run(argv, timeout_s=_WITHIN_S, trace=trace)
    if done.exit_status:
        text = f"{argv[0]}: {done.stderr.decode(errors='replace').strip()}"
        raise EngineError(text, argv=argv, exit_status=done.exit_status)


def _listens(host: Host, port: int) -> bool:
    ask = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5)"
    return host.run(["python3", "-c", ask], timeout_s=20).exit_status == 0


@contextmanager
def _one_host() -> Iterator[Host]:
    engine = choice.load(choice.NAMESPACES)
    name = new_name()
    with compose_file(1) as file, engine.guarded(name):
        lab = engine.up(ComposeFiles((file,)), name, build=False, progress=lambda *_: None)
        yield lab.host(host_name(1))
        lab.close()
        lab.down(progress=lambda *_: None)
