"""The lab's root: the machine's own files, read-only, and what hosts may see of them.

Built once, by the supervisor; each host then makes its own root file system of it (`rootfs`).
"""

import os
import stat
from pathlib import Path

from lab.engines.namespaces import syscalls
from lab.engines.namespaces.host import etc_files
from lab.engines.namespaces.host.mount_points import MountPoints
from lab.engines.namespaces.host.mounts import PRIVATE, bind, bind_over, hidden_by_private
from lab.engines.namespaces.spec import LabSpec

# A folder that every machine has; its own content stays hidden and untouched.
_MOUNT_POINT = "/tmp"  # noqa: S108
# Where a machine keeps secrets among what everybody may read.
_SECRETIVE = ("/etc", "/etc/ssh", "/etc/ssl", "/etc/sudoers.d")


def build(lab: LabSpec) -> None:
    """Build the lab's root in this (new) mount namespace and move into it."""
    syscalls.mount("none", "/", flags=syscalls.MS_REC | syscalls.MS_PRIVATE)
    devices = os.open("/dev", os.O_PATH)
    kept = {path: os.open(path, os.O_PATH) for path in hidden_by_private(lab.visible)}
    shown = {entry for host in lab.hosts for entry in host.mounts if etc_files.is_bind(entry)}
    sources = {etc_files.source_of(entry): entry.source for entry in shown}
    binds = {place: os.open(source, os.O_PATH) for place, source in sorted(sources.items())}
    root, mount_points = Path(_MOUNT_POINT), MountPoints()
    syscalls.mount("tmpfs", _MOUNT_POINT, "tmpfs", options="mode=0755")
    for entry in sorted(Path("/").iterdir()):
        target = root / entry.name
        if entry.is_symlink():
            target.symlink_to(entry.readlink())
        elif entry.is_dir() and entry.name not in PRIVATE:
            target.mkdir()
            bind(str(entry), str(target))
            syscalls.make_read_only(str(target))
    for name in sorted(PRIVATE):
        (root / name).mkdir(exist_ok=True)
    bind(f"/proc/self/fd/{devices}", str(root / "dev"))
    bind("/proc", str(root / "proc"))
    for path, descriptor in kept.items():
        target = root / path.lstrip("/")
        target.mkdir(parents=True, exist_ok=True)
        bind(f"/proc/self/fd/{descriptor}", str(target))
        syscalls.make_read_only(str(target))
    for place, descriptor in binds.items():  # as they are, while all else is read-only
        target = root / place.lstrip("/")
        opened = f"/proc/self/fd/{descriptor}"
        mount_points.make(str(target), like=opened)
        bind(opened, str(target))
    syscalls.pivot_root(str(root))
    for descriptor in (devices, *kept.values(), *binds.values()):
        os.close(descriptor)
    etc_files.fill(lab)
    for file in etc_files.ETC.iterdir():
        bind_over(str(file), f"/etc/{file.name}")
    _hide_secrets()


def _hide_secrets() -> None:
    """Hide what the machine keeps for root, where root started the lab: passwords and keys.

    By its number each program of a host is root there, too, as it must be to use root's own Python
    and to write to root's own folders; so it could read them.
    """
    file, folder = etc_files.empty()
    for place in filter(os.path.isdir, _SECRETIVE):
        for entry in os.scandir(place):
            others = stat.S_IROTH if entry.is_file(follow_symlinks=False) else stat.S_IXOTH
            if entry.is_symlink() or entry.stat().st_mode & others:
                continue
            if os.access(entry.path, os.R_OK):
                bind(folder if entry.is_dir() else file, entry.path)
                syscalls.make_read_only(entry.path)
