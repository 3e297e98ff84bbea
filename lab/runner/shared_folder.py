"""The folder of this machine that bare hosts see: may their programs read it?

That depends on the engine and on who calls the lab, so a host is asked; but only where the modes
leave a doubt, because each program on a host costs time.
"""

import stat
from pathlib import Path

from lab.api.lab import Lab
from lab.errors import UsageError

_READABLE = stat.S_IROTH | stat.S_IXOTH
_LONGEST_S = 60.0
_LOOK = 'cd "$1" && ls >/dev/null'


def check(lab: Lab, folder: Path) -> None:
    """Raise UsageError if the programs of the lab's hosts may not read the folder."""
    if _everybody_may_read(folder):
        return
    host = next(iter(lab.hosts.values()))
    argv = ["sh", "-c", _LOOK, "sh", str(folder)]
    if host.run(argv, user=host.ordinary_user, timeout_s=_LONGEST_S).exit_status:
        text = (
            f"{folder}: programs on hosts may not read this folder: they run as the user"
            f" {host.ordinary_user}; chmod o+rx it and what it is in, or name another folder"
        )
        raise UsageError(text)


def _everybody_may_read(folder: Path) -> bool:
    modes = [path.stat().st_mode for path in (folder, *folder.parents)]
    return modes[0] & _READABLE == _READABLE and all(mode & stat.S_IXOTH for mode in modes)
