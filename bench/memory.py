"""Memory per idle client: what a server's processes hold with N clients, less what without.

Owns the measurement. Each point of the project's own servers has a fresh server; xinetd stays, and
its handlers end with their clients.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from bench.own_lab import own_lab, python_version, sockets, start_server, wait_listening, wait_until
from bench.programs import source
from lab.api.engine import Progress
from lab.api.host import Host
from lab.api.lab import Lab
from lab.api.program import Program
from lab.errors import EngineError

COUNTS = (1, 100, 1000)
QUICK_COUNTS = (1, 100)
MODELS = ("iterative", "fork", "thread", "async")
_XINETD_PORT = 21567
_FIRST_PORT = 22001
_LEAST_LEFT_KIB = 1 << 20


@dataclass(frozen=True)
class Weight:
    """What a server's processes hold now, and the kernel for all of its machine.

    `kernel_bytes` is None where the kernel does not tell.
    """

    processes: int
    pss_kib: int
    kernel_bytes: int | None
    available_kib: int


@dataclass(frozen=True)
class Point:
    """One server with so many idle clients; the figures per client are differences over it."""

    clients: int
    processes: int
    alone_kib: int
    kib_per_client: float
    kernel_kib_per_client: float | None


@dataclass(frozen=True)
class Row:
    """One server. `skipped` is why points are missing, or empty."""

    server: str
    points: tuple[Point, ...]
    skipped: str


@dataclass(frozen=True)
class Memory:
    """All of the measurement. `python` is the version that runs on the hosts."""

    python: str
    counts: tuple[int, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class _Server:
    name: str
    host: Host
    port: int
    pid: int
    # Whose processes it has: a user can read only its own.
    users: tuple[str, ...]

    def weigh(self) -> Weight:
        """Weigh it; EngineError when some of its processes could not be read."""
        found = [_weigh(self.host, self.pid, user) for user in self.users]
        processes, read = found[0]["processes"], sum(part["read"] for part in found)
        if read != processes:
            text = f"{self.name}: {read} of {processes} processes could be weighed"
            raise EngineError(text)
        pss_kib = sum(part["pss_kib"] for part in found)
        one = found[0]
        return Weight(processes, pss_kib, one.get("kernel_bytes"), one["available_kib"])

    def settled(self) -> Weight:
        """Weigh it until two weighings in a row agree.

        A server that listens, or has just answered, may still be loading or letting go.
        """
        weights = [self.weigh()]

        def same() -> bool:
            weights.append(self.weigh())
            before, now = weights[-2:]
            apart_kib = abs(now.pss_kib - before.pss_kib)
            return now.processes == before.processes and apart_kib <= max(8, now.pss_kib // 1000)

        wait_until(same, f"{self.name}: a steady weight", 60)
        return weights[-1]

    def without_clients(self) -> bool:
        """Say whether all that came with clients has gone with them."""
        found = _weigh(self.host, self.pid, self.users[0])
        return found["processes"] == 1 and not sockets(self.host, "--tcp", self.port)


def measure(progress: Progress, *, quick: bool) -> Memory:
    """Measure all servers, in a lab of its own."""
    counts = QUICK_COUNTS if quick else COUNTS
    with own_lab(progress) as lab:
        rows = [_row(lab, model, counts, progress) for model in (*MODELS, "xinetd")]
        return Memory(python_version(lab.host("server")), counts, tuple(rows))


def _row(lab: Lab, name: str, counts: Sequence[int], progress: Progress) -> Row:
    points: list[Point] = []
    for index, count in enumerate(counts):
        doing = f"memory: {name}, {count} client{'s' if count > 1 else ''}"
        progress(doing, "")
        port = _FIRST_PORT + 10 * MODELS.index(name) + index if name in MODELS else _XINETD_PORT
        with _server(lab, name, port) as server:
            alone = server.settled()
            need_kib = points[-1].kib_per_client * count if points else 0
            if alone.available_kib - need_kib < _LEAST_LEFT_KIB:
                why = f"{name}, {count} clients: needs {need_kib / 1024:,.0f} MiB, not free"
                return Row(name, tuple(points), why)
            points.append(_point(lab, server, count, alone, progress, doing))
    return Row(name, tuple(points), "")


def _point(
    lab: Lab, server: _Server, count: int, alone: Weight, progress: Progress, doing: str
) -> Point:
    with _idle_clients(lab, server, count, progress, doing):
        there = "--tcp state established"
        wait_until(
            lambda: sockets(server.host, there, server.port) == count,
            f"{server.name}: {count} connections",
        )
        progress(doing, "weighing")
        loaded = server.settled()
    wait_until(server.without_clients, f"{server.name}: the end of all clients")
    kernel = None
    if loaded.kernel_bytes is not None and alone.kernel_bytes is not None:
        kernel = (loaded.kernel_bytes - alone.kernel_bytes) / 1024 / count
    kib = (loaded.pss_kib - alone.pss_kib) / count
    return Point(count, loaded.processes, alone.pss_kib, kib, kernel)


@contextmanager
def _server(lab: Lab, name: str, port: int) -> Iterator[_Server]:
    if name == "xinetd":
        host = lab.host("inetd")
        wait_listening(host, port)
        pid = int(host.run(["cat", "/tmp/xinetd.pid"], timeout_s=20).stdout)  # noqa: S108
        yield _Server(name, host, port, pid, ("root", "lab"))
        return
    host = lab.host("server")
    words = f"tcp_time_server --concurrency {name} --backlog {2 * max(COUNTS)}"
    with start_server(host, words, port) as program:
        yield _Server(name, host, port, program.pid, ("lab",))


@contextmanager
def _idle_clients(
    lab: Lab, server: _Server, count: int, progress: Progress, doing: str
) -> Iterator[Program]:
    """Hold so many clients while the block runs. The program's own alarm bounds the wait."""
    served = 1 if server.name == "iterative" else count
    arguments = [server.host.name, str(server.port), str(count), str(served)]
    argv = ["python3", "-c", source("clients.py"), *arguments]
    with lab.host("client").start(argv, user="lab") as program:
        assert program.process.stdout is not None
        for line in program.process.stdout:
            if line == b"held\n":
                break
            progress(doing, f"{int(line)} of {count}")
        else:
            _, stderr = program.process.communicate()
            said = stderr.decode(errors="replace").strip().splitlines()
            why = said[-1] if said else f"status {program.process.returncode}"
            text = f"{server.name}: {count} clients: {why}"
            raise EngineError(text)
        yield program


def _weigh(host: Host, pid: int, user: str) -> dict[str, int]:
    argv = ["sh", "-c", source("weigh.sh"), "weigh", str(pid)]
    done = host.run(argv, user=user, timeout_s=60)
    if done.exit_status:
        text = f"{host.name}: weigh: {done.stderr.decode(errors='replace').strip()}"
        raise EngineError(text, argv=argv, exit_status=done.exit_status)
    pairs = (line.split() for line in done.stdout.decode().splitlines())
    return {key: int(value) for key, value in pairs}
