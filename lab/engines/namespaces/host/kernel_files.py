"""What a host may not change or see of the kernel that it shares with the machine: as in Docker.

It matters where root started the lab, whom many files of the kernel let in by number alone, and
not by a right in a namespace. See default paths of the OCI runtime specification; proc(5).
"""

from pathlib import Path

from lab.engines.namespaces import syscalls
from lab.engines.namespaces.host.mounts import bind

_READ_ONLY = ("bus", "fs", "irq", "sys", "sysrq-trigger")
_HIDDEN = (
    *("/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats"),
    *("/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats"),
    *("/sys/devices/virtual/powercap", "/sys/firmware"),
)


def close() -> None:
    """Close them in this mount namespace, whose /proc is its own; the host's sysctls are set."""
    for name in _READ_ONLY:
        place = Path("/proc", name)
        if place.exists():
            bind(str(place), str(place))
            syscalls.make_read_only(str(place))
    for place in map(Path, _HIDDEN):
        if place.is_dir():
            syscalls.mount("tmpfs", str(place), "tmpfs", syscalls.MS_RDONLY)
        elif place.exists():
            bind("/dev/null", str(place))
