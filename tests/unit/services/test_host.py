"""The host: several programs as one, its signals, its status, its ready file."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.unit.services.helpers import (
    ROOT,
    Program,
    Start,
    children_of,
    client,
    read_line,
    run_to_end,
)
from tests.waiting import WITHIN_S, wait_until

SERVER = "tcp_time_server --port 0"


def test_a_signal_reaches_every_program(start: Start) -> None:
    host = start("host", SERVER + " --ident one", SERVER + " --ident 'two'")
    for ident in ("one", "two"):
        host.await_output(rf"(?m)^{ident}: listening on ")
    pids = children_of(host.pid)
    assert len(pids) == 2
    assert host.terminate() == 0
    assert {"one: ended", "two: ended"} <= set(host.output.splitlines())
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_replies_under_way_are_finished_when_the_host_ends(start: Start) -> None:
    host = start("host", SERVER + " --concurrency thread")
    with client(host.port) as conn:
        conn.sendall(b"x" * 10_000_000 + b"\n")
        assert conn.recv(1)
        host.signal(signal.SIGTERM)
        assert len(read_line(conn)) > 10_000_000
    assert host.status() == 0


def test_a_program_that_fails_ends_the_others_and_gives_its_status(start: Start) -> None:
    host = start("host", SERVER, "client 127.0.0.1 --port 1 --send x")
    assert host.status() == 5
    assert "host: client: failed with status 5" in host.output


def test_a_program_that_is_killed_counts_as_failed(start: Start) -> None:
    host = start("host", SERVER)
    host.await_output("listening")
    os.kill(children_of(host.pid)[0], signal.SIGKILL)
    assert host.status() == 128 + 9


def test_it_ends_when_all_have_ended(start: Start) -> None:
    port = start("tcp_time_server", "--port", "0").port
    host = start("host", *[f"client 127.0.0.1 --port {port} --send {n}" for n in "ab"])
    assert host.status() == 0
    assert sorted(line[-2:] for line in host.output.splitlines()) == [":a", ":b"]


def test_held_it_stays_and_its_ready_file_says_when_all_ended(start: Start, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    ready.write_text("of an earlier run")
    port = start("tcp_time_server", "--port", "0").port
    once = f"client 127.0.0.1 --port {port} --send x --repeat 2 --interval 0.2"
    host = start("host", "--hold", "--ready-file", str(ready), once)
    host.await_output(":x\n")
    assert not ready.exists()
    wait_until(ready.exists, "ready file")
    assert host.output.count(":x\n") == 2
    assert host.running
    assert host.terminate() == 0
    assert not ready.exists()


def test_held_it_still_ends_when_a_program_fails(start: Start, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    host = start("host", "--hold", "--ready-file", str(ready), "client 127.0.0.1 --port 1 --send x")
    assert host.status() == 5
    assert not ready.exists()


def test_a_program_that_will_not_end_is_killed_after_the_grace(start: Start) -> None:
    host = start("host", "--grace", "0.3", SERVER)
    host.await_output("listening")
    os.kill(children_of(host.pid)[0], signal.SIGSTOP)
    begin = time.monotonic()
    assert host.terminate() == 128 + 9
    assert time.monotonic() - begin < 3
    assert "tcp_time_server: not ended after 0.3 s, killed" in host.output


def test_bad_programs_are_refused_in_one_line_before_any_starts() -> None:
    for command, culprit in [
        ("tpc_time_server", b"'tpc_time_server': no such program; there are client, "),
        ("options", b"'options': no such program"),
        ("../x", b"'../x': no such program"),
        ("", b"'': no such program"),
        ("client 'open", b"check the quotes"),
    ]:
        done = run_to_end("host", SERVER, command)
        assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
        assert culprit in done.stderr
    assert run_to_end("host").returncode == 2
    done = run_to_end("host", "--hold", "--ready-file", "/no/such/place")
    assert b"--ready-file /no/such/place: " in done.stderr
    assert done.returncode == 2


def test_a_program_is_the_same_process_as_alone(start: Start) -> None:
    alone = start(*SERVER.split())
    alone.await_output("listening on ")
    expected = traits(alone, alone.pid)
    assert alone.terminate() == 0
    host = start("host", SERVER)
    host.await_output("listening on ")
    assert traits(host, children_of(host.pid)[0]) == expected


def traits(program: Program, pid: int) -> dict[str, object]:
    """What others see of a process that serves; the command line without its padding."""
    with client(program.port) as conn:
        # Answered, and the connection still open: it waits for more, and does nothing else.
        conn.sendall(b"x\n")
        assert read_line(conn).endswith(b":x\n")
        return looks(pid)


def looks(pid: int) -> dict[str, object]:
    place = Path(f"/proc/{pid}")
    lines = dict(line.split(":\t") for line in (place / "status").read_text().splitlines())
    return {
        **{key: lines[key] for key in ("SigBlk", "SigIgn", "SigCgt", "Threads", "NoNewPrivs")},
        "descriptors": sorted(int(entry.name) for entry in (place / "fd").iterdir()),
        "command line": (place / "cmdline").read_bytes().rstrip(b"\0").split(b"\0"),
        "environment": (place / "environ").read_bytes(),
    }


def test_ps_shows_each_program_under_its_name(start: Start) -> None:
    host = start("host", SERVER, "udp_time_server --port 0")
    host.await_output("(?s)listening on .*listening on ")
    names = [Path(f"/proc/{pid}/comm").read_text() for pid in children_of(host.pid)]
    assert names == ["tcp_time_server\n", "udp_time_server\n"]


def test_a_program_that_cannot_be_loaded_says_so_and_counts_as_failed(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "services", tmp_path / "services")
    text = 'import no_such_module\n\nif __name__ == "__main__":\n    pass\n'
    (tmp_path / "services/broken.py").write_text(text)
    argv = [sys.executable, "-m", "services.host", "broken"]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, timeout=20, check=False)
    assert done.returncode == 1
    assert b"ModuleNotFoundError: No module named 'no_such_module'" in done.stderr
    assert done.stdout == b"host: broken: failed with status 1\n"


def test_as_process_1_it_reaps_orphans(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    # The parent of what waits at the gate has ended before the host is there.
    script = '(cat "$1" &); exec "$2" -m services.host --hold'
    argv = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"]
    argv += ["sh", "-c", script, "sh", str(gate), sys.executable]
    with subprocess.Popen(argv, cwd=ROOT) as namespace:
        try:
            wait_until(lambda: bool(children_of(namespace.pid)), "process 1")
            host = children_of(namespace.pid)[0]
            wait_until(lambda: name_of(host).startswith("python"), "the host")
            (orphan,) = children_of(host)
            gate.write_text("")
            wait_until(lambda: not children_of(host), f"the end of {orphan}, a zombie until reaped")
            assert namespace.poll() is None
            os.kill(host, signal.SIGTERM)
            assert namespace.wait(WITHIN_S) == 0
        finally:
            namespace.kill()


def name_of(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text()
