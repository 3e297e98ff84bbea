"""What a process on its way to a program has given up: for real, in namespaces of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from lab.engines.namespaces import diagnostics

ROOT = Path(__file__).parents[6]
# A supervisor and an init in one; then what a program is just before its capabilities go.
BEFORE = """\
import ctypes, errno, os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from lab.engines.namespaces import syscalls, user_namespaces
from lab.engines.namespaces.host import confinement
from lab.engines.namespaces.host.init import NAMESPACES
outer = user_namespaces.Outer()
syscalls.unshare(NAMESPACES)
inner = user_namespaces.make_inner(others=outer.mapped())
syscalls.mount("none", "/", flags=syscalls.MS_REC | syscalls.MS_PRIVATE)
syscalls.mount("tmpfs", "/mnt", "tmpfs", syscalls.MS_RDONLY)
# Other mounts may be in it, which stay where they are: their like are locked.
syscalls.mount("/usr", "/opt", flags=syscalls.MS_BIND | syscalls.MS_REC)
syscalls.make_read_only("/opt")
def tried(name, what, *arguments):
    try:
        what(*arguments)
    except OSError as error:
        print(name, errno.errorcode[error.errno])
    else:
        print(name, "ok")
def unmount(place):
    if ctypes.CDLL(None, use_errno=True).umount2(place, 2):
        raise OSError(ctypes.get_errno(), place)
remount = syscalls.MS_REMOUNT | syscalls.MS_BIND
"""
ENTER = {
    "inner": "confinement.enter_inner(inner)",
    "root": "confinement.enter_as_root()",
    "alone": "confinement.enter_alone()",
}
MOUNTS = """
tried("tmpfs", syscalls.mount, "none", "/mnt", "", remount)
tried("bind", syscalls.mount, "none", "/opt", "", remount)
tried("unmount", unmount, b"/mnt")
tried("over", syscalls.mount, "tmpfs", "/opt", "tmpfs")
tried("name", syscalls.set_host_name, "mine")
"""
RIGHTS = """
confinement.give_up_rights(0b1001)
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(*(status[name].strip() for name in ("NoNewPrivs", "Seccomp", "CapBnd")))
print(os.getuid(), os.getgid())
tried("mount", syscalls.mount, "tmpfs", "/opt", "tmpfs")
tried("namespace", syscalls.setns, os.open("/proc/self/ns/net", os.O_RDONLY), 0)
"""


def run(script: str) -> list[str]:
    if not (found := diagnostics.user_namespaces()).ok:
        pytest.skip(f"{found.name}: {found.seen}")
    argv = [sys.executable, "-I", "-S", "-c", script, str(ROOT)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    assert not done.stderr
    return done.stdout.splitlines()


def test_mounts_are_locked_even_for_who_has_every_right_there() -> None:
    expected = ["tmpfs EPERM", "bind EPERM", "unmount EINVAL", "over ok", "name EPERM"]
    for enter in ("inner", "root"):
        assert run(f"{BEFORE}{ENTER[enter]}{MOUNTS}") == expected, enter


@pytest.mark.parametrize(("enter", "ids"), [("inner", "800 800"), ("root", "0 0")])
def test_rights_are_those_that_are_given(enter: str, ids: str) -> None:
    rights = f"1 2 {9:016x}"
    expected = [rights, ids, "mount EPERM", "namespace EPERM"]
    assert run(f"{BEFORE}{ENTER[enter]}{RIGHTS}") == expected


def test_who_makes_calls_is_the_same_user_and_out_of_reach() -> None:
    script = """
reader, writer = os.pipe()
child = os.fork()
if child == 0:
    confinement.enter_alone()
    syscalls.let_owner_look()
    print(os.getuid(), os.getgid(), flush=True)
    os.write(writer, b".")
    os.read(os.pipe()[0], 1)
os.read(reader, 1)
confinement.enter_inner(inner)
print(os.getuid(), os.getgid())
syscalls.keep_capabilities()
tried("memory", os.open, f"/proc/{child}/mem", os.O_RDWR)
tried("environment", os.open, f"/proc/{child}/environ", os.O_RDONLY)
os.kill(child, 9)
"""
    expected = ["800 800", "800 800", "memory EACCES", "environment EACCES"]
    assert run(BEFORE + script) == expected
