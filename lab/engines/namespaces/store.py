"""The keeper's own tmpfs: what hosts share, and their files under /etc."""

from pathlib import Path

from lab.engines.namespaces.spec import LabSpec, Mount
from lab.engines.namespaces.users import USER_ID

_NAME_SWITCH = "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n"
# The chapter's services have names; the images have the same lines (Dockerfile).
_SERVICES = """\
lab-time 21567/tcp # time server
lab-time 21567/udp # time server
lab-line 21568/tcp # line server
lab-echo 21569/tcp # plain echo
"""
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
    for name, text in (
        ("passwd", f"lab:x:{USER_ID}:{USER_ID}::/:/usr/sbin/nologin\n"),
        ("group", f"lab:x:{USER_ID}:\n"),
        ("services", _SERVICES),
    ):
        own = Path("/etc", name)
        (ETC / name).write_text((own.read_text() if own.exists() else "") + text)
    for host in lab.hosts:
        for entry in host.mounts:
            if entry.source and not entry.source.startswith("/"):
                Path(STORE, "volumes", entry.source).mkdir(parents=True, exist_ok=True)


def is_bind(entry: Mount) -> bool:
    """Tell whether it shows a folder of the machine."""
    return entry.source.startswith("/")


def bind_place(source: str) -> str:
    """Return where in the store a folder of the machine is."""
    return f"{STORE}/binds/{source.replace('/', '!')}"
