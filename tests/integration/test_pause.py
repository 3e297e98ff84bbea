"""A host of the engine `namespaces` that is paused does nothing more, from the moment it is said.

What a machine with much to do would hide: a thread that had not stopped yet.
"""

from pathlib import Path

from lab.api.engine import Engine
from tests.integration.left import processes_of
from tests.integration.own_lab import own_lab

PAUSES = 5
# Threads that run all the time, without Python's lock; the first one sleeps, and takes the signal.
BUSY = """
import hashlib, threading, time
def work():
    while True:
        hashlib.pbkdf2_hmac("sha256", b"", b"", 10_000)
for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
print("busy", flush=True)
time.sleep(600)
"""


def states(pid: int) -> set[str]:
    """Return the states of a process's threads, as proc(5) has them."""
    threads = [(thread / "stat").read_text() for thread in Path(f"/proc/{pid}/task").iterdir()]
    return {stat.rpartition(")")[2].split()[0] for stat in threads}


def test_every_thread_of_a_host_stands_still_when_the_host_is_paused(namespaces: Engine) -> None:
    with own_lab(namespaces, "pair.yaml") as lab:
        left = lab.host("left")
        with left.start(["python3", "-c", BUSY]) as program:
            assert program.process.stdout
            program.process.stdout.readline()
            found = [one for one in processes_of(lab.name) if "pbkdf2_hmac" in one]
            pids = [int(one.partition(":")[0]) for one in found]
            program_pid = max(pids, key=lambda pid: len(list(Path(f"/proc/{pid}/task").iterdir())))
            for _ in range(PAUSES):
                left.pause()
                assert states(program_pid) == {"T"}
                left.resume()
