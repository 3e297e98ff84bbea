"""Settings of the network namespace that this process is in, and of no other (sysctl(8))."""

from collections.abc import Mapping
from pathlib import Path

from lab.net.parameters import ParameterError

_ROOT = Path("/proc/sys")
_OWN = "net."  # what a network namespace has of its own; anything else is the machine's


def write(values: Mapping[str, str]) -> dict[str, str]:
    """Write settings; return what they were before.

    ParameterError for one that there is not, and for a value that the kernel does not take.
    """
    before = {}
    for name, value in values.items():
        file = _ROOT / name.replace(".", "/")
        if not name.startswith(_OWN) or ".." in name or not file.is_file():
            text = f"sysctl {name}: there is none of that name in a host's own network"
            raise ParameterError(text)
        before[name] = file.read_text().strip()
        try:
            file.write_text(value)
        except OSError as error:
            text = f"sysctl {name} = {value}: {error.strerror}"
            raise ParameterError(text) from None
    return before
