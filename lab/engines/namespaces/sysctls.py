"""Kernel parameters of a host: which there can be, and setting them. See sysctl(8), proc_sys(5).

Whether a value is one, only the kernel knows. Standard library only: hosts set them.
"""

import os
from collections.abc import Mapping
from pathlib import Path

# Those that each network, IPC or UTS namespace has for itself; the others are the whole machine's.
_OF_A_HOST = ("net/", "fs/mqueue/")
_OF_A_HOST_TOO = {
    *("kernel/domainname", "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem"),
    *("kernel/shmall", "kernel/shmmax", "kernel/shmmni", "kernel/shm_rmid_forced"),
}
# As Docker has them since 20.10: everybody may have any port.
DEFAULTS = {"net.ipv4.ip_unprivileged_port_start": "0"}
# The directories below net/*/ with an entry for each interface, which is the host's own.
_BY_INTERFACE = {"conf", "neigh"}


def _place(name: str) -> str:
    return name.replace(".", "/")


def check(name: str) -> None:
    """Raise ValueError when a host cannot have a parameter of this name."""
    place = _place(name)
    parts = place.split("/")
    words = all(part and f"_{part.replace('-', '_')}".isidentifier() for part in parts)
    if not words or len(parts) < 2:
        text = f"{name!r} is no sysctl, such as net.ipv4.ip_forward"
        raise ValueError(text)
    if place == "kernel/hostname":
        text = "a host's name is its hostname"
        raise ValueError(text)
    if not place.startswith(_OF_A_HOST) and place not in _OF_A_HOST_TOO:
        text = f"{name} is the whole machine's; a host has net.* and those of its IPC"
        raise ValueError(text)
    if len(parts) == 5 and parts[2] in _BY_INTERFACE:
        parts[3] = "default"
    if not Path("/proc/sys", *parts).is_file():
        text = f"this machine's kernel has no {name}; its own are listed by sysctl -a"
        raise ValueError(text)


def apply(values: Mapping[str, str]) -> None:
    """Set parameters of this process's namespaces; OSError names the one that cannot be."""
    for name, value in values.items():
        try:
            descriptor = os.open(f"/proc/sys/{_place(name)}", os.O_WRONLY)
            try:
                os.write(descriptor, value.encode())
            finally:
                os.close(descriptor)
        except OSError as error:
            text = f"sysctls: {name}={value}: {error.strerror}"
            raise OSError(error.errno, text) from error
