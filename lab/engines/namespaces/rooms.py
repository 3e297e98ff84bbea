"""The file systems of the lab and of each host: what a program there sees and may change.

The machine's own files are there, read-only. Private to each host are /dev, /run, /tmp, /proc and
what the compose file mounts; nothing a host writes outlives it, but in folders mounted for that.
Where something can be mounted is for `places`, what is in /etc/hosts for `names`.
"""

import contextlib
import os
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from lab.engines.namespaces import names, syscalls, tmpfs
from lab.engines.namespaces.places import Places
from lab.engines.namespaces.spec import HostSpec, LabSpec, Mount
from lab.engines.namespaces.users import USER_ID

_PRIVATE = {"dev", "proc", "run", "tmp"}
_DEVICES = ("full", "null", "random", "tty", "urandom", "zero")
_LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}
_NAME_SWITCH = "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n"
# The chapter's services have names; the images have the same lines (Dockerfile).
_SERVICES = """\
lab-time 21567/tcp # time server
lab-time 21567/udp # time server
lab-line 21568/tcp # line server
lab-echo 21569/tcp # plain echo
"""
# A folder that every machine has; its own content stays hidden and untouched.
_MOUNT_POINT = "/tmp"  # noqa: S108
# Where the keeper's own tmpfs is: what hosts share, and their files under /etc.
STORE = "/run/store"


def make_root(lab: LabSpec) -> None:
    """Build the lab's root in this (new) mount namespace and move into it."""
    syscalls.mount("none", "/", flags=syscalls.MS_REC | syscalls.MS_PRIVATE)
    devices = os.open("/dev", os.O_PATH)
    kept = {path: os.open(path, os.O_PATH) for path in _hidden(lab.visible)}
    folders = {entry.source for host in lab.hosts for entry in host.mounts if _is_bind(entry)}
    binds = {source: os.open(source, os.O_PATH) for source in sorted(folders)}
    root, places = Path(_MOUNT_POINT), Places()
    syscalls.mount("tmpfs", _MOUNT_POINT, "tmpfs", options="mode=0755")
    for entry in sorted(Path("/").iterdir()):
        target = root / entry.name
        if entry.is_symlink():
            target.symlink_to(entry.readlink())
        elif entry.is_dir() and entry.name not in _PRIVATE:
            target.mkdir()
            _bind(str(entry), str(target))
            syscalls.make_read_only(str(target))
    for name in sorted(_PRIVATE):
        (root / name).mkdir(exist_ok=True)
    _bind(f"/proc/self/fd/{devices}", str(root / "dev"))
    _bind("/proc", str(root / "proc"))
    for path, descriptor in kept.items():
        target = root / path.lstrip("/")
        target.mkdir(parents=True, exist_ok=True)
        _bind(f"/proc/self/fd/{descriptor}", str(target))
        syscalls.make_read_only(str(target))
    for source, descriptor in binds.items():  # as they are, while all else is read-only
        target = root / _bind_place(source).lstrip("/")
        opened = f"/proc/self/fd/{descriptor}"
        places.make(str(target), like=opened)
        _bind(opened, str(target))
    syscalls.pivot_root(str(root))
    for descriptor in (devices, *kept.values(), *binds.values()):
        os.close(descriptor)
    _fill_store(lab)
    for file in Path(STORE, "etc").iterdir():
        _lay_over(str(file), f"/etc/{file.name}")


def _hidden(paths: Iterable[str]) -> list[str]:
    """Return the outermost of the paths that the private folders would hide."""
    hidden = {Path(path) for path in paths if set(Path(path).parts[1:2]) & _PRIVATE}
    return sorted(str(path) for path in hidden if not hidden & set(path.parents))


def _bind(source: str, target: str) -> None:
    syscalls.mount(source, target, flags=syscalls.MS_BIND | syscalls.MS_REC)


def _fill_store(lab: LabSpec) -> None:
    """Write the files that hosts get to see under /etc, and make the folders they share."""
    etc = Path(STORE, "etc")
    etc.mkdir(parents=True, exist_ok=True)
    views = Path(STORE, "hosts")
    views.mkdir()
    for number, view in enumerate(lab.hosts_files):
        (views / str(number)).write_text(view)
    (etc / "nsswitch.conf").write_text(_NAME_SWITCH)
    for name, text in (
        ("passwd", f"lab:x:{USER_ID}:{USER_ID}::/:/usr/sbin/nologin\n"),
        ("group", f"lab:x:{USER_ID}:\n"),
        ("services", _SERVICES),
    ):
        own = Path("/etc", name)
        (etc / name).write_text((own.read_text() if own.exists() else "") + text)
    for host in lab.hosts:
        for entry in host.mounts:
            if entry.source and not entry.source.startswith("/"):
                Path(STORE, "volumes", entry.source).mkdir(parents=True, exist_ok=True)


def make_room(host: HostSpec, visible: Iterable[str]) -> None:
    """Give this (new) mount namespace the private folders of a host.

    The process must be in the host's own pid and network namespaces.
    """
    # Opened before anything is mounted over them, and reached through their descriptors.
    store = _path_of(STORE)
    kept = {path: _path_of(path) for path in _hidden(visible)}
    devices = {name: _path_of(f"/dev/{name}") for name in _DEVICES}
    _make_dev(devices)
    syscalls.mount("tmpfs", "/run", "tmpfs", options="mode=0755")
    syscalls.mount("tmpfs", "/tmp", "tmpfs", options="mode=1777")  # noqa: S108
    Path("/run/resolv.conf").write_text(_resolver(host))
    laid = {
        "/etc/resolv.conf": _path_of("/run/resolv.conf"),
        "/etc/hosts": _path_of(_hosts_file(host, store)),
    }
    places = Places()
    # The outer ones first: a tmpfs may be one on /tmp, below which the project's own files are.
    # At one place the compose file's comes last, and counts.
    steps: list[tuple[str, int, Callable[[], None]]] = [
        *((path, 0, partial(_keep, path, source, places)) for path, source in kept.items()),
        *((os.path.realpath(p), 1, partial(_lay_over, source, p)) for p, source in laid.items()),
        *((os.path.realpath(e.target), 2, partial(_mount, e, store, places)) for e in host.mounts),
    ]
    for _, _, step in sorted(steps, key=lambda step: step[:2]):
        step()
    places.seal()
    for path in (store, *laid.values(), *kept.values(), *devices.values()):
        os.close(int(Path(path).name))
    flags = syscalls.MS_REMOUNT | syscalls.MS_BIND | syscalls.MS_RDONLY
    syscalls.mount("none", "/", flags=flags)
    # The old one shows the network of the machine. In a container it may not be replaced.
    with contextlib.suppress(PermissionError):
        syscalls.mount("sysfs", "/sys", "sysfs", syscalls.MS_RDONLY | syscalls.MS_NOSUID)
    syscalls.mount("proc", "/proc", "proc", syscalls.MS_NOSUID | syscalls.MS_NODEV)


def _hosts_file(host: HostSpec, store: str) -> str:
    """Return the path of what is to be a host's /etc/hosts."""
    path = f"{store}/hosts/{host.hosts_file}"
    if host.own_lines:
        view = Path(path).read_text()
        path = f"{store}/hosts/of-{host.name}"
        Path(path).write_text(names.with_own(view, host.own_lines))
    return path


def _keep(path: str, source: str, places: Places) -> None:
    places.make(path, like=source)
    _bind(source, path)


def _is_bind(entry: Mount) -> bool:
    return entry.source.startswith("/")


def _bind_place(source: str) -> str:
    """Return where in the store a folder of the machine is."""
    return f"{STORE}/binds/{source.replace('/', '!')}"


def _path_of(path: str) -> str:
    return f"/proc/self/fd/{os.open(path, os.O_PATH)}"


def _make_dev(devices: dict[str, str]) -> None:
    syscalls.mount("tmpfs", "/dev", "tmpfs", options="mode=0755")
    for name, source in devices.items():
        Path("/dev", name).touch(exist_ok=False)
        _bind(source, f"/dev/{name}")
    for name, target in _LINKS.items():
        Path("/dev", name).symlink_to(target)
    Path("/dev/log").symlink_to("/run/host/log")
    for name in ("pts", "shm"):
        Path("/dev", name).mkdir()
    syscalls.mount("tmpfs", "/dev/shm", "tmpfs", options="mode=1777")  # noqa: S108
    syscalls.mount("devpts", "/dev/pts", "devpts", options="newinstance,ptmxmode=0666,mode=0620")
    Path("/dev/ptmx").symlink_to("pts/ptmx")


def _lay_over(source: str, target: str) -> None:
    """Put a file in the place of another, to be read; one that is not there is left out."""
    place = Path(os.path.realpath(target))
    if place.parts[1] in _PRIVATE:  # /etc/resolv.conf is often a link into /run, which is empty now
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    if place.exists():
        syscalls.mount(source, str(place), flags=syscalls.MS_BIND)
        syscalls.make_read_only(str(place))


def _resolver(host: HostSpec) -> str:
    """Return the host's resolv.conf(5); without a name server every unknown name fails at once."""
    lines = [f"nameserver {address}" for address in host.name_servers]
    if host.resolver_options:
        lines.append(f"options {' '.join(host.resolver_options)}")
    return "\n".join(lines) + "\n"


def _mount(entry: Mount, store: str, places: Places) -> None:
    if entry.tmpfs_options is not None:
        places.make(entry.target, like="/")
        flags, data = tmpfs.split(entry.tmpfs_options)
        try:
            syscalls.mount("tmpfs", entry.target, "tmpfs", flags, data)
        except OSError as error:
            text = f"tmpfs: {entry.target}:{entry.tmpfs_options}: {error.strerror}"
            raise OSError(error.errno, text) from error
        return
    if _is_bind(entry):
        source = store + _bind_place(entry.source).removeprefix(STORE)
    else:
        source = f"{store}/volumes/{entry.source}"
    places.make(entry.target, like=source)
    _bind(source, entry.target)
    if entry.read_only:
        syscalls.make_read_only(entry.target)
