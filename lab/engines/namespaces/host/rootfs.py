"""The root file system of a host: what a program there sees and may change.

The machine's own files are there, read-only (`machine_root`). Private to each host are /dev, /run,
/tmp, /proc and what the compose file mounts; nothing a host writes outlives it, but in folders
mounted for that. Where something can be mounted is for `mount_points`, what is in /etc/hosts for
`lab.compose.etc_hosts`.
"""

import contextlib
import errno
import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from lab.compose import etc_hosts
from lab.compose.errors import dotted
from lab.engines.namespaces import syscalls, tmpfs
from lab.engines.namespaces.host.etc_files import STORE, source_of
from lab.engines.namespaces.host.mount_points import MountPoints
from lab.engines.namespaces.host.mounts import bind, bind_over, hidden_by_private
from lab.engines.namespaces.spec import File, HostSpec, Mount
from lab.errors import LocatedError

_DEVICES = ("full", "null", "random", "tty", "urandom", "zero")
_LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}


def set_up(host: HostSpec, visible: Iterable[str]) -> None:
    """Make the root file system of a host in this (new) mount namespace.

    The process must be in the host's own pid and network namespaces.
    """
    # Handles before anything is mounted over them, and reached through their descriptors.
    store = _path_of(STORE)
    kept = {path: _path_of(path) for path in hidden_by_private(visible)}
    devices = {name: _path_of(f"/dev/{name}") for name in _DEVICES}
    _make_dev(devices)
    syscalls.mount("tmpfs", "/run", "tmpfs", options="mode=0755")
    syscalls.mount("tmpfs", "/tmp", "tmpfs", options="mode=1777")  # noqa: S108
    Path("/run/resolv.conf").write_text(_resolver(host))
    replaced = {
        "/etc/resolv.conf": _path_of("/run/resolv.conf"),
        "/etc/hosts": _path_of(_hosts_file(host, store)),
    }
    mount_points = MountPoints()
    # The outer ones first: a tmpfs may be one on /tmp, below which the project's own files are.
    # At one place the compose file's comes last, and counts.
    steps: list[tuple[str, int, Callable[[], None]]] = [
        *((path, 0, partial(_keep, path, source, mount_points)) for path, source in kept.items()),
        *(
            (os.path.realpath(p), 1, partial(bind_over, source, p))
            for p, source in replaced.items()
        ),
        *(
            (os.path.realpath(e.target), 2, partial(_mount, e, store, mount_points))
            for e in host.mounts
        ),
        *(
            (os.path.realpath(file.target), 2, partial(_show, source, file.target, mount_points))
            for file, source in _written(host, store)
        ),
    ]
    for _, _, step in sorted(steps, key=lambda step: step[:2]):
        step()
    if host.working_dir:  # made where there is none, as Docker makes it
        _make_working_dir(host, mount_points)
    mount_points.seal()
    for path in (store, *replaced.values(), *kept.values(), *devices.values()):
        os.close(int(Path(path).name))
    flags = syscalls.MS_REMOUNT | syscalls.MS_BIND | syscalls.MS_RDONLY
    syscalls.mount("none", "/", flags=flags)
    # The old one shows the network of the machine. In a container it may not be replaced.
    with contextlib.suppress(PermissionError):
        syscalls.mount("sysfs", "/sys", "sysfs", syscalls.MS_RDONLY | syscalls.MS_NOSUID)
    syscalls.mount("proc", "/proc", "proc", syscalls.MS_NOSUID | syscalls.MS_NODEV)


def _written(host: HostSpec, store: str) -> Iterator[tuple[File, str]]:
    """Write a host's own files into the store; yield each with its path there."""
    for number, file in enumerate(host.files):
        path = Path(store, "files", f"{host.name}.{number}")
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)  # of the host before it was started again
        path.touch(0o600, exist_ok=False)
        path.write_text(file.text, encoding="utf-8", errors="surrogateescape", newline="")
        path.chmod(file.mode)
        yield file, str(path)


def _show(source: str, target: str, mount_points: MountPoints) -> None:
    mount_points.make(target, like=source)
    bind(source, target)
    syscalls.make_read_only(target)


def _make_working_dir(host: HostSpec, mount_points: MountPoints) -> None:
    try:
        mount_points.make(host.working_dir, like="/")
        if not Path(host.working_dir).is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    except OSError as error:
        keys = ("services", host.name, "working_dir")
        text = f"{dotted(keys)}: {host.working_dir}: {error.strerror}; choose another"
        raise LocatedError(keys, text) from error


def _hosts_file(host: HostSpec, store: str) -> str:
    """Return the path of what is to be a host's /etc/hosts."""
    path = f"{store}/hosts/{host.hosts_file}"
    if host.own_lines:
        view = Path(path).read_text()
        path = f"{store}/hosts/of-{host.name}"
        Path(path).write_text(etc_hosts.with_own(view, host.own_lines))
    return path


def _keep(path: str, source: str, mount_points: MountPoints) -> None:
    mount_points.make(path, like=source)
    bind(source, path)


def _path_of(path: str) -> str:
    return f"/proc/self/fd/{os.open(path, os.O_PATH)}"


def _make_dev(devices: dict[str, str]) -> None:
    syscalls.mount("tmpfs", "/dev", "tmpfs", options="mode=0755")
    for name, source in devices.items():
        Path("/dev", name).touch(exist_ok=False)
        bind(source, f"/dev/{name}")
    for name, target in _LINKS.items():
        Path("/dev", name).symlink_to(target)
    Path("/dev/log").symlink_to("/run/host/log")
    for name in ("pts", "shm"):
        Path("/dev", name).mkdir()
    syscalls.mount("tmpfs", "/dev/shm", "tmpfs", options="mode=1777")  # noqa: S108
    syscalls.mount("devpts", "/dev/pts", "devpts", options="newinstance,ptmxmode=0666,mode=0620")
    Path("/dev/ptmx").symlink_to("pts/ptmx")


def _resolver(host: HostSpec) -> str:
    """Return the host's resolv.conf(5); without a name server every unknown name fails at once."""
    lines = [f"nameserver {address}" for address in host.name_servers]
    if host.resolver_options:
        lines.append(f"options {' '.join(host.resolver_options)}")
    return "\n".join(lines) + "\n"


def _mount(entry: Mount, store: str, mount_points: MountPoints) -> None:
    if entry.tmpfs_options is not None:
        mount_points.make(entry.target, like="/")
        flags, data = tmpfs.split(entry.tmpfs_options)
        try:
            syscalls.mount("tmpfs", entry.target, "tmpfs", flags, data)
        except OSError as error:
            text = f"tmpfs: {entry.target}:{entry.tmpfs_options}: {error.strerror}"
            raise OSError(error.errno, text) from error
        return
    source = source_of(entry, store)
    mount_points.make(entry.target, like=source)
    bind(source, entry.target)
    if entry.read_only:
        syscalls.make_read_only(entry.target)
