"""The text of a scenario of somebody's programs: servers, then a client, on hosts of their own."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*|[0-9]+(?:ms|s)")
# What YAML 1.1 or 1.2 takes for something else than a text.
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}
_READY_WITHIN = "10s"
# Keys beside `run`: `exit`, `output`, ...
Expected = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class OfPrograms:
    """Servers by the names of their hosts, in the order of their start, and the client's command.

    `folder` is what they see, as the file is to name it, `image` their hosts' ("": the lab's own).
    `first` are steps in YAML that come before the first program: faults, settings.
    """

    servers: Mapping[str, str]
    client: str
    folder: str = "."
    image: str = ""
    within_s: float = 30.0
    traced: bool = True
    first: Sequence[str] = ()
    # What must come of the client.
    expected: Expected = field(default_factory=dict)
    # Does the client run a second time, once the faults of these names are lifted?
    again: bool = False
    lifts: Sequence[str] = ()
    again_expected: Expected = field(default_factory=dict)
    # Steps at the end.
    last: Sequence[Mapping[str, object]] = ()
    title: str = ""
    shows: str = "how the client ends"
    host: str = "client"

    @property
    def text(self) -> str:
        """Return the file."""
        hosts = [*self.servers, self.host]
        lines = [
            f"title: {flow(self.title or self.client)}",
            f"shows: {flow(self.shows)}",
            f"hosts: {flow(hosts)}",
            f"folder: {flow(self.folder)}",
            *([f"image: {flow(self.image)}"] if self.image else ()),
            *([f"trace: {flow(hosts)}"] if self.traced else ()),
            "steps:",
            *(f"  - {step}" for step in self.first),
            *(f"  - {flow(step)}" for step in self._steps()),
        ]
        return "".join(f"{line}\n" for line in lines)

    def _steps(self) -> Sequence[Mapping[str, object]]:
        found: list[Mapping[str, object]] = []
        for host, command in self.servers.items():
            found.append({"on": host, "run": command, "later": program_name(host)})
            found.append({"wait": {"listens": host}, "within": _READY_WITHIN})
        client = {"on": self.host, "run": self.client}
        within = {"within": f"{self.within_s:g}s"}
        found.append({**client, **self.expected, **within})
        if self.again:
            found += [{"lift": name} for name in self.lifts]
            found.append({**client, **self.again_expected, **within})
        found += self.last
        return found


def program_name(host: str) -> str:
    """Return the name of a server's program; the host's own cannot be one."""
    return f"{host}-program"


def flow(value: object) -> str:
    """Return a value in one line of YAML: texts, numbers, lists and mappings of them."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key}: {flow(one)}" for key, one in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(flow, value))}]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    # A text in JSON's quotes is one in YAML's, too.
    return json.dumps(value, ensure_ascii=False)
