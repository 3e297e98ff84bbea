"""What the filter of system calls decides: interpreted for each machine, for real on this one."""

import errno
import os
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from lab.engines.namespaces import refused_calls, seccomp

ROOT = Path(__file__).parents[5]
MACHINES = [machine for of in refused_calls.MACHINES for machine in of.split()]
X86_64, ALLOWED, KILLED = 0xC000003E, 0x7FFF0000, 0x80000000
NEWNET, THREAD = 0x40000000, 0x003D0F00
AF_INET, AF_NETLINK, AF_PACKET, AF_ALG, AF_VSOCK = 2, 16, 17, 38, 40
HEADERS = {
    0: Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    1: Path("/usr/include/asm-generic/unistd.h"),
}


def decided(machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """Run the filter as the kernel does (Documentation/networking/filter.rst); 0: allowed."""
    audit = seccomp._ARCHITECTURES[machine] if architecture is None else architecture
    values = (*arguments, *(0,) * 6)[:6]
    data = struct.pack("=iIQ6Q", number, audit, 0, *values)
    lines = list(struct.iter_unpack("=HBBI", seccomp.program(machine)))
    at, held = 0, 0
    while True:
        code, if_true, if_false, value = lines[at]
        at += 1
        if code == 0x20:
            (held,) = struct.unpack_from("=I", data, value)
        elif code == 0x06:
            if value & 0xFFFF0000 == 0x00050000:
                return int(value & 0xFFFF)
            return 0 if value == ALLOWED else -1
        else:
            holds = {0x15: held == value, 0x25: held > value, 0x45: bool(held & value)}[code]
            at += if_true if holds else if_false


def column(machine: str) -> int:
    return next(n for n, of in enumerate(refused_calls.MACHINES) if machine in of.split())


@pytest.mark.parametrize("machine", MACHINES)
def test_every_call_of_the_list_is_refused_and_no_other(machine: str) -> None:
    refused = {of[column(machine)] for of in refused_calls.REFUSED.values()} - {None}
    enosys = {refused_calls.CLONE3[column(machine)]}
    for number in range(refused_calls.NEWEST + 1):
        expected = errno.ENOSYS if number in enosys else errno.EPERM if number in refused else 0
        assert decided(machine, number) == expected, number
    for newer in (refused_calls.NEWEST + 1, 511, 0x40000000, 0x40000001):
        assert decided(machine, newer) == errno.ENOSYS


@pytest.mark.parametrize("machine", MACHINES)
def test_new_namespaces_are_refused_and_threads_are_not(machine: str) -> None:
    clone = refused_calls.CLONE[column(machine)]
    before = (0,) if machine == "s390x" else ()  # there the stack comes first
    assert decided(machine, clone, *before, THREAD) == 0
    assert decided(machine, clone, *before, THREAD | NEWNET) == errno.EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_sockets_are_of_families_that_stay_on_the_host(machine: str) -> None:
    socket = refused_calls.SOCKET[column(machine)]
    found = {family: decided(machine, socket, family) for family in range(64)}
    refused = {family for family, number in found.items() if number == errno.EPERM}
    assert refused == {12, 19, 20, 23, 25, 34, 37, AF_ALG, AF_VSOCK, *range(46, 64)}
    assert {found[one] for one in (AF_INET, AF_NETLINK, AF_PACKET)} == {0}


def test_programs_of_another_architecture_are_ended() -> None:
    assert decided("x86_64", 1, architecture=0x40000003) == -1


def test_a_machine_without_a_filter_has_no_programs() -> None:
    with pytest.raises(OSError, match="no filter of system calls for vax"):
        seccomp.program("vax")


@pytest.mark.parametrize("of_column", HEADERS)
def test_numbers_are_those_of_the_kernels_headers(of_column: int) -> None:
    header = HEADERS[of_column]
    if not header.exists():
        pytest.skip(f"{header} is not installed")
    found = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)$", header.read_text(), re.M))
    named = {
        "clone": refused_calls.CLONE,
        "clone3": refused_calls.CLONE3,
        "personality": refused_calls.PERSONALITY,
        "seccomp": refused_calls.SECCOMP,
        "socket": refused_calls.SOCKET,
    }
    compared = 0
    for name, of in {**refused_calls.REFUSED, **named}.items():
        if name in found:
            assert of[of_column] == int(found[name]), name
            compared += 1
    assert compared > 50


FOR_REAL = """\
import errno, os, socket, sys, threading
sys.path.insert(0, sys.argv[1])
from lab.engines.namespaces import seccomp, syscalls
syscalls.no_new_privileges()
seccomp.install()
thread = threading.Thread(target=print, args=("thread",))
thread.start(); thread.join()
def tried(what, *arguments):
    try:
        what(*arguments)
    except OSError as error:
        print(errno.errorcode[error.errno])
    else:
        print("ok")
tried(syscalls.unshare, syscalls.CLONE_NEWUSER)
tried(socket.socket, 40, socket.SOCK_STREAM)
tried(syscalls.call, 400 + 66 + 1)
tried(os.stat, "/")
sys.stdout.flush()
look = "grep ^Seccomp: /proc/self/status; unshare --user true || echo refused"
os.execvp("sh", ["sh", "-c", look])
"""


def test_it_holds_for_real_and_beyond_exec() -> None:
    if os.uname().machine not in MACHINES:
        pytest.skip(f"no filter for {os.uname().machine}")
    done = subprocess.run(
        [sys.executable, "-c", FOR_REAL, str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    lines = ["thread", "EPERM", "EPERM", "ENOSYS", "ok", "Seccomp:\t2", "refused"]
    assert done.stdout.splitlines() == lines, done.stderr
