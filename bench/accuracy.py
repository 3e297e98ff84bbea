"""How exact the wire is: the error of a delay, of a rate and of a loss, seen by the programs.

Owns what is sent and how the answer is read; the faults are the lab's own.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bench.programs import source
from lab.api.engine import Progress
from lab.api.host import Host
from lab.api.lab import Lab
from lab.api.link import Link
from lab.errors import EngineError

_DELAYS_MS = (1.0, 10.0, 100.0)
_PER_SECOND = 1000.0
_RATE_BPS = 100e6
_LOSS = 0.01
_LOSS_PER_SECOND = 5_000.0  # slow enough for a receiver in Python to miss none
_PORT = 22210
_BYTES, _HEADERS = 1400, 28  # of a datagram, and of IPv4 and UDP


@dataclass(frozen=True)
class Delay:
    """The error of a delay, one way, in ms: what was added beyond it."""

    delay_ms: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Accuracy:
    """What was asked of the wire, and what came of it. The loss is a part of `loss_of` packets."""

    delays: tuple[Delay, ...]
    rate_asked_bps: float
    rate_seen_bps: float
    loss_asked: float
    loss_seen: float
    loss_of: int


def accuracy_of(
    lab: Lab, sender: str, receiver: str, paced: int, lossy: int, progress: Progress
) -> Accuracy:
    """Measure on the link between two hosts, with so many datagrams for delays and for the loss."""
    way = _Way(lab.link(sender, receiver), lab.host(sender), lab.host(receiver))
    delays = []
    for delay_ms in _DELAYS_MS:
        progress("wire: accuracy", f"delay {delay_ms:g} ms")
        delays.append(_delay(way, delay_ms, paced))
    progress("wire: accuracy", "rate and loss")
    return Accuracy(tuple(delays), _RATE_BPS, _rate(way, paced), _LOSS, *_loss(way, lossy))


@dataclass(frozen=True)
class _Way:
    link: Link
    sender: Host
    receiver: Host


def address(host: Host) -> str:
    """Return the host's first address."""
    return host.status().addresses[0]


def run(host: Host, argv: list[str], within_s: float) -> bytes:
    """Run a program to its end and return its output; EngineError if it fails."""
    done = host.run(argv, timeout_s=within_s)
    if done.exit_status:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        text = f"{host.name}: {argv[0]}: {said}"
        raise EngineError(text, argv=argv, exit_status=done.exit_status)
    return done.stdout


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that so many per cent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def _paced(way: _Way, count: int, per_second: float, bytes_: int = 64) -> list[list[int]]:
    """Send datagrams at an even pace; return of each when it was sent and received, in ns."""
    program = ["python3", "-c", source("pings.py")]
    with way.receiver.start([*program, "sink", str(_PORT)]) as sink:
        assert sink.process.stdout
        sink.process.stdout.readline()
        words = [address(way.receiver), str(_PORT), str(count), str(per_second), str(bytes_)]
        run(way.sender, [*program, "send", *words], 120)
        times_ns: list[list[int]] = json.loads(sink.process.stdout.readline())
    return times_ns


def _delay(way: _Way, delay_ms: float, count: int) -> Delay:
    bare_ns = percentile(_under_way(_paced(way, count, _PER_SECOND)), 50)
    with way.link.delay(delay_ms=delay_ms):
        under_way_ns = _under_way(_paced(way, count, _PER_SECOND))
    errors_ms = [(time_ns - bare_ns) / 1e6 - delay_ms for time_ns in under_way_ns]
    return Delay(delay_ms, percentile(errors_ms, 50), percentile(errors_ms, 99))


def _under_way(times_ns: list[list[int]]) -> list[float]:
    return [received - sent for sent, received in times_ns]


def _rate(way: _Way, count: int) -> float:
    """Send a fifth more than the link takes; return the bits of IP packets a second that came."""
    bits = (_BYTES + _HEADERS) * 8
    with way.link.rate(rate_bps=_RATE_BPS, protocol="udp", limit_packets=50):
        times_ns = _paced(way, count * 5, _RATE_BPS * 1.2 / bits, _BYTES)
    first, last = times_ns[0][1], times_ns[-1][1]
    return (len(times_ns) - 1) * bits / ((last - first) / 1e9)


def _loss(way: _Way, count: int) -> tuple[float, int]:
    """Return the part of the datagrams that did not come to who counts them, and of how many."""
    with way.link.drop(probability=_LOSS, seed=7, protocol="udp"):
        came = len(_paced(way, count, _LOSS_PER_SECOND))
    return 1 - came / count, count
