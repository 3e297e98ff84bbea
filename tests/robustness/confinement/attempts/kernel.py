"""Calls that are about the machine as a whole."""

import ctypes
import os
import struct

from .trying import attempt, call, check, libc


@attempt("add a key")
def _add_key() -> None:
    call("add_key", b"user", b"attempt", b"x", 1, -1)  # of this thread


@attempt("look at keys")
def _keyctl() -> None:
    call("keyctl", 0, -3, 0)


@attempt("load a BPF program")
def _bpf() -> None:
    call("bpf", 5, bytes(8), 0)


@attempt("count events of the machine")
def _perf() -> None:
    call("perf_event_open", struct.pack("II", 0, 0) + bytes(120), -1, 0, -1, 0)


@attempt("userfaultfd")
def _userfaultfd() -> None:
    os.close(call("userfaultfd", 0))


@attempt("load a module")
def _init_module() -> None:
    call("init_module", 0, 0, b"")


@attempt("load a module from a file")
def _finit_module() -> None:
    call("finit_module", -1, b"", 0)


@attempt("load another kernel")
def _kexec() -> None:
    call("kexec_load", 0, 1 << 20, 0, 0)  # more segments than can be


@attempt("restart the machine")
def _reboot() -> None:
    call("reboot", 0, 0, 0, 0)  # without the magic numbers


@attempt("set the clock")
def _clock() -> None:
    call("clock_settime", 0, struct.pack("qq", 0, -1))  # no time


@attempt("set the host's name")
def _name() -> None:
    name = os.uname().nodename.encode()
    check(libc.sethostname(name, ctypes.c_size_t(len(name))))


@attempt("swap to a file")
def _swapon() -> None:
    call("swapon", b"/nothing-there", 0)


@attempt("read the kernel's log")
def _syslog() -> None:
    call("syslog", 10, 0, 0)


@attempt("set quotas")
def _quota() -> None:
    call("quotactl", 0, 0, 0, 0)
