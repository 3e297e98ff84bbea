"""What the wire costs, and how exact it is: two hosts of the engine `namespaces`, one link.

Owns what is put on the link and what is asked of it. Every way takes its turn in each round. The
load is iperf3's and our own round trips; packets a second are those that the receiver counted.
"""

import json
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from bench.accuracy import Accuracy, accuracy_of, address, percentile, run
from bench.many import compose_file, host_name
from bench.own_lab import new_name, wait_until
from bench.programs import source
from bench.spread import Spread, spread
from lab.api.engine import Progress
from lab.api.lab import Lab
from lab.api.link import Link
from lab.engines import choice
from lab.errors import EngineError
from lab.model import ComposeFiles

_SOURCE, _TARGET = host_name(1), host_name(2)
_IPERF_PORT, _PING_PORT = 22201, 22203
_IPERF_TRIES, _IPERF_MORE_S = 4, 8.0
_BYTES = 1400
_DELAY_MS = 10
_LOSS = 0.01
_IDLE_PORT = 9
_SETTLES_S = 0.1  # longer than a spent fault's packets come
_EVERY_S, _CUT_S = 0.2, 0.005  # between cuts, and each
# TCP may have so much under way that it is the link that is measured: 10 Gbit/s over 10 ms are
# 12.5 MB, and the usual 4 MB are 2.5 Gbit/s over any such link. tcp(7)
_BUFFERS = {f"net.ipv4.tcp_{way}mem": f"4096 131072 {64 << 20}" for way in "rw"}


@dataclass(frozen=True)
class Effort:
    """How long and how often."""

    rounds: int
    seconds: float
    trips: int
    paced: int
    lossy: int


FULL = Effort(5, 2.0, 2000, 3000, 100_000)
QUICK = Effort(2, 1.0, 500, 1000, 20_000)


@dataclass(frozen=True)
class Row:
    """One state of the link. `udp` and `trips` are left out for a proxy of TCP."""

    way: str
    packets_per_s: Spread | None
    tcp_gbit_per_s: Spread
    round_trip_us: Spread | None


@dataclass(frozen=True)
class WireFigures:
    """All of the measurement. `left_out` says in a line each what is not measured, and why."""

    effort: Effort
    rows: tuple[Row, ...]
    accuracy: Accuracy
    left_out: tuple[str, ...]


Way = Callable[[Lab], AbstractContextManager[object]]


def measure(progress: Progress, *, quick: bool) -> WireFigures:
    """Measure everything, in a lab of its own. EngineError when iperf3 is not installed."""
    effort = QUICK if quick else FULL
    if not shutil.which("iperf3"):
        raise EngineError("iperf3: not installed; sudo apt-get install iperf3")
    left_out = [] if _has_netem() else ["tc netem is left out: this kernel has no sch_netem."]
    left_out += [] if shutil.which("socat") else ["socat is left out: it is not installed."]
    left_out += ["Toxiproxy is left out: neither Debian nor PyPI has its server."]
    with _two_hosts(progress) as lab, ExitStack() as running:
        for server in _servers():
            running.enter_context(lab.host(_TARGET).start(server))
        rows = _rows(lab, effort, progress)
        accuracy = accuracy_of(lab, _SOURCE, _TARGET, effort.paced, effort.lossy, progress)
    return WireFigures(effort, rows, accuracy, tuple(left_out))


def _ways() -> dict[str, Way]:
    ways: dict[str, Way] = {
        "bare veth": lambda _lab: nullcontext(),
        "a fault elsewhere": lambda lab: _link(lab).drop(destination_port=_IDLE_PORT),
        "one idle fault": lambda lab: _link(lab).drop(nth=10**12),
        "ten idle faults": _ten,
        "delay 10 ms": lambda lab: _link(lab).delay(delay_ms=_DELAY_MS),
        # Beside it, the same delay by the same language, in the place where people have one.
        _DELAYING_PROXY: lambda _lab: nullcontext(),
        "rate 1 Gbit/s": lambda lab: _link(lab).rate(rate_bps=1e9),
        "rate 10 Gbit/s": lambda lab: _link(lab).rate(rate_bps=1e10),
        "partition, on and off": _partitions,
        "spent fault": _spent,
        "loss 1 %, seeded": lambda lab: _link(lab).drop(probability=_LOSS, seed=7),
        "capture": _capture,
    }
    if shutil.which("socat"):
        ways[_SOCAT] = lambda _lab: nullcontext()
    if _has_netem():
        ways["tc netem delay 10 ms"] = _netem
    return ways


_SOCAT, _DELAYING_PROXY = "proxy: socat", "proxy: asyncio, 10 ms"
_PROXY_PORTS = {_SOCAT: 22202, _DELAYING_PROXY: 22204}


def _link(lab: Lab) -> Link:
    return lab.link(_SOURCE, _TARGET)


@contextmanager
def _ten(lab: Lab) -> Iterator[None]:
    with ExitStack() as faults:
        for n in range(10):
            faults.enter_context(_link(lab).drop(nth=10**12 - n))
        yield


@contextmanager
def _spent(lab: Lab) -> Iterator[None]:
    """A fault on all packets that has acted on the one that it was for."""
    ping = "import socket, sys; socket.socket(type=2).sendto(b'x', (sys.argv[1], 9))"
    with _link(lab).drop(first=1) as fault:
        run(lab.host(_SOURCE), ["python3", "-c", ping, address(lab.host(_TARGET))], 10)
        wait_until(lambda: fault.status.exhausted, "a fault to be spent")
        time.sleep(_SETTLES_S)
        yield


@contextmanager
def _partitions(lab: Lab) -> Iterator[None]:
    """Cut the link for a moment again and again, while it is loaded."""
    ended = threading.Event()

    def cut() -> None:
        while not ended.wait(_EVERY_S):
            with _link(lab).drop():
                ended.wait(_CUT_S)

    thread = threading.Thread(target=cut)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def _capture(lab: Lab) -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder, lab.capture(Path(folder, "wire.pcapng")):
        yield


def _has_netem() -> bool:
    argv = ["unshare", "--net", "--user", "--map-root-user"]
    argv += ["tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"]
    done = subprocess.run(argv, capture_output=True, check=False)
    return done.returncode == 0


@contextmanager
def _netem(lab: Lab) -> Iterator[None]:
    qdisc = ["root", "netem", "delay", f"{_DELAY_MS}ms", "limit", "100000"]
    run(lab.host(_SOURCE), ["tc", "qdisc", "add", "dev", "eth0", *qdisc], 10)
    try:
        yield
    finally:
        run(lab.host(_SOURCE), ["tc", "qdisc", "del", "dev", "eth0", "root"], 10)


@contextmanager
def _two_hosts(progress: Progress) -> Iterator[Lab]:
    engine = choice.load(choice.NAMESPACES)
    name = new_name()
    with compose_file(2, _BUFFERS) as file, engine.guarded(name):
        lab = engine.up(ComposeFiles((file,)), name, build=False, progress=progress)
        yield lab
        lab.down(progress=progress)


def _servers() -> Iterator[list[str]]:
    yield ["iperf3", "--server", "--port", str(_IPERF_PORT)]
    yield ["python3", "-c", source("pings.py"), "echo", str(_PING_PORT)]
    ports = [_PROXY_PORTS[_DELAYING_PROXY], _IPERF_PORT]
    yield ["python3", "-c", source("delay_proxy.py"), *map(str, ports), str(_DELAY_MS)]
    if shutil.which("socat"):
        listen = f"TCP-LISTEN:{_PROXY_PORTS[_SOCAT]},fork,reuseaddr"
        yield ["socat", listen, f"TCP:127.0.0.1:{_IPERF_PORT}"]


def _rows(lab: Lab, effort: Effort, progress: Progress) -> tuple[Row, ...]:
    ways = _ways()
    found: dict[str, list[tuple[float, float, list[float]]]] = {way: [] for way in ways}
    for number in range(1, effort.rounds + 1):
        for name, way in ways.items():
            progress(f"wire: round {number} of {effort.rounds}", name)
            port, is_proxy = _PROXY_PORTS.get(name, _IPERF_PORT), name in _PROXY_PORTS
            with way(lab):
                tcp = _tcp(lab, effort, port)
                udp = 0.0 if is_proxy else _udp(lab, effort)
                trips = [] if is_proxy else _trips(lab, effort)
            found[name].append((udp, tcp, trips))
    return tuple(_row(name, rounds) for name, rounds in found.items())


def _row(name: str, rounds: Sequence[tuple[float, float, list[float]]]) -> Row:
    udp, tcp = [one[0] for one in rounds], [one[1] for one in rounds]
    trips = [percentile(one[2], 50) for one in rounds if one[2]]
    return Row(
        name,
        spread(udp) if any(udp) else None,
        spread(tcp),
        spread(trips) if trips else None,
    )


def _iperf(lab: Lab, port: int, *options: str, seconds: float) -> dict[str, dict[str, float]]:
    argv = ["iperf3", "--client", address(lab.host(_TARGET)), "--port", str(port), "--json"]
    argv += ["--time", str(seconds), *options]
    for tries_left in reversed(range(_IPERF_TRIES)):
        try:
            result = json.loads(run(lab.host(_SOURCE), argv, seconds + _IPERF_MORE_S))
        except EngineError:
            # A UDP stream begins with one datagram each way: iperf3 waits for ever for a lost one.
            if not tries_left:
                raise
        else:
            break
    end: dict[str, dict[str, float]] = result["end"]
    return end


def _tcp(lab: Lab, effort: Effort, port: int) -> float:
    return _iperf(lab, port, seconds=effort.seconds)["sum_received"]["bits_per_second"] / 1e9


def _udp(lab: Lab, effort: Effort) -> float:
    options = ["--udp", "--bitrate", "0", "--length", str(_BYTES)]
    total = _iperf(lab, _IPERF_PORT, *options, seconds=effort.seconds)["sum"]
    return (total["packets"] - total["lost_packets"]) / total["seconds"]


def _trips(lab: Lab, effort: Effort) -> list[float]:
    words = ["round", address(lab.host(_TARGET)), str(_PING_PORT), str(effort.trips)]
    argv = ["python3", "-c", source("pings.py"), *words]
    trips: list[float] = json.loads(run(lab.host(_SOURCE), argv, 120))
    return trips
