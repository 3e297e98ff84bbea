"""The supervisor's own tmpfs: what hosts share, and their files under /etc."""

from pathlib import Path

from lab.engines.namespaces.idmap import USER_ID
from lab.engines.namespaces.spec import LabSpec, Mount

_NAME_SWITCH = "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n"
# The chapter's services have names; the images have the same lines (Dockerfile).
_SERVICES = """\
lab-time 21567/tcp # time server
lab-time 21567/udp # time server
lab-line 21568/tcp # line server
lab-echo 21569/tcp # plain echo
"""
_OWN_LINES = {
    "passwd": f"lab:x:{USER_ID}:{USER_ID}::/:/usr/sbin/nologin\n",
    "group": f"lab:x:{USER_ID}:\n",
    "services": _SERVICES,
}
STORE = "/run/store"
ETC = Path(STORE, "etc")


def fill(lab: LabSpec) -> None:
    """Write the files that hosts get to see under /etc, and make the folders they share."""
    ETC.mkdir(parents=True, exist_ok=True)
    views = Path(STORE, "hosts")
    views.mkdir()
    for number, view in enumerate(lab.hosts_files):
        (views / str(number)).write_text(view)
    (ETC / "nsswitch.conf").write_text(_NAME_SWITCH)
    for name in _OWN_LINES:
        own = Path("/etc", name)
        (ETC / name).write_text(with_ours(name, own.read_text() if own.exists() else ""))
    for host in lab.hosts:
        for entry in host.mounts:
            if entry.source and not is_bind(entry):
                Path(source_of(entry)).mkdir(parents=True, exist_ok=True)


def empty() -> tuple[str, str]:
    """Return an empty file and an empty folder, to take the place of others."""
    file, folder = Path(STORE, "empty-file"), Path(STORE, "empty-folder")
    file.touch(0o444)
    folder.mkdir(0o555)
    return str(file), str(folder)


def with_ours(name: str, own: str) -> str:
    """Return a file of /etc with our lines first, which count where the machine has such, too."""
    return _OWN_LINES[name] + own


def is_bind(entry: Mount) -> bool:
    """Tell whether it shows a folder of the machine."""
    return entry.source.startswith("/")


def source_of(entry: Mount, store: str = STORE) -> str:
    """Return the path in the store of a volume, or of a folder of the machine: what is mounted."""
    return f"{store}/mounts/{entry.number}"
