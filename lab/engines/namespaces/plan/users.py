"""As whom a service's program runs: its `user`, `cap_add` and `cap_drop`. Reads /etc/passwd.

Without `user` it is the user `lab`, with no right. Another one has the rights that Docker gives to
a container, as far as these are over files, users and processes: none over the host's network.
"""

import grp
import os
import pwd
from collections.abc import Iterable, Mapping
from typing import Any

from lab.compose.errors import at
from lab.engines.namespaces import idmap
from lab.engines.namespaces.idmap import USER_ID
from lab.engines.namespaces.spec import HostSpec, User
from lab.errors import UnsupportedError

# By their numbers (capabilities(7)).
_CAPABILITIES = (
    *("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID"),
    *("SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW"),
    *("IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT"),
    *("SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD"),
    *("LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG"),
    *("WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE"),
)
# Docker's own, but those over the network, which is not the program's to change.
_DEFAULT = {
    *("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP"),
    *("SYS_CHROOT", "MKNOD", "AUDIT_WRITE", "SETFCAP"),
}
_OWN = {"root": (0, 0), "lab": (USER_ID, USER_ID)}
_MOST = 65535


def of_service(key: str, service: Mapping[str, Any]) -> User | None:
    """Return the user of a service's program, None for `lab`; LocatedError when there is none."""
    given = str(service.get("user") or "")
    if not given:
        return None
    with at("services", key, "user"):
        name, _, group = given.partition(":")
        uid, own_group = _ids(name)
        gid = _group(group) if group else own_group
    if uid in {USER_ID, os.geteuid() or USER_ID}:  # who starts the lab is `lab` there
        return None
    return User(uid, gid, capabilities(service))


def capabilities(service: Mapping[str, Any]) -> int:
    """Return the bits of those that root has on a host, by `cap_add` and `cap_drop`."""
    dropped, added = (_named(service.get(key)) for key in ("cap_drop", "cap_add"))
    kept = (set() if "ALL" in dropped else _DEFAULT - dropped) | added
    if "ALL" in added:
        kept = {*_CAPABILITIES} - dropped
    return sum(1 << number for number, name in enumerate(_CAPABILITIES) if name in kept)


def unavailable(hosts: Iterable[HostSpec]) -> str:
    """Return why these hosts cannot have their users; "" if they can, or want none."""
    wanted = [host.name for host in hosts if host.user]
    if wanted:
        try:
            idmap.ranges()
        except UnsupportedError as error:
            return f"user ({', '.join(wanted)}): programs run as lab, as {error}"
    return ""


def _ids(name: str) -> tuple[int, int]:
    """Return a user's number, and that of the group: root's for a number that is nobody's."""
    for known, ids in _OWN.items():
        if name in {known, str(ids[0])}:
            return ids
    if name.isdecimal():
        number = _number(name)
        try:
            return number, pwd.getpwuid(number).pw_gid
        except KeyError:
            return number, 0
    try:
        entry = pwd.getpwnam(name)
    except KeyError as error:
        text = f"no user {name} on this machine; name one that it has, or a number"
        raise ValueError(text) from error
    return _number(str(entry.pw_uid)), entry.pw_gid


def _group(name: str) -> int:
    for known, ids in _OWN.items():
        if name == known:
            return ids[1]
    if name.isdecimal():
        return _number(name)
    try:
        return _number(str(grp.getgrnam(name).gr_gid))
    except KeyError as error:
        text = f"no group {name} on this machine; name one that it has, or a number"
        raise ValueError(text) from error


def _number(text: str) -> int:
    number = int(text)
    if number > _MOST:
        text = f"{number} is too large; a host's users are 0 to {_MOST}"
        raise ValueError(text)
    return number


def _named(given: Any) -> set[str]:
    return {str(name).upper().removeprefix("CAP_") for name in given or ()}
