"""The names that a scenario's steps make and use: a name must be made before it is used."""

from collections.abc import Iterable
from typing import NamedTuple

from lab.scenario.yaml import Mapping
from lab.suggestions import meant

# The kind of what `later` or `as` names when its step was refused: later steps that use the name
# are no errors.
REFUSED = "refused"


class Run(NamedTuple):
    """A step that runs a program; `traced` None: it was refused."""

    line: int
    on: str
    argv: tuple[str, ...]
    later: str | None
    traced: bool | None


class Names:
    """Sockets of each host, what was started with `later`, faults in force."""

    def __init__(self) -> None:
        self._sockets: dict[str, dict[str, bool]] = {}  # by host and name: is it of the internet?
        self.later: dict[str, str] = {}  # by name: call or run
        self.inputs: dict[str, str] = {}  # of a run: "" if it is open, or why it is not
        self.runs: list[Run] = []
        self.traced_services: frozenset[str] = frozenset()  # the hosts whose services are traced
        self.faults: dict[str, str] = {}  # by name: wire or host
        self.all_faults: dict[str, str] = {}

    def make_socket(
        self, step: Mapping, key: str, on: str, name: str, *, internet: bool = True
    ) -> None:
        """Note a socket that a call makes; its name may be used again when it is made anew."""
        if not name:
            raise step.error(key, "a name, please")
        self._sockets.setdefault(on, {})[name] = internet

    def use_socket(self, step: Mapping, key: str, on: str, name: str) -> None:
        """Refuse a socket that no step before has made on this host."""
        there = self._sockets.get(on, {})
        if name not in there:
            raise step.error(key, f"{name!r}: {on} has no such socket yet{meant(name, there)}")

    def is_internet(self, on: str, name: str) -> bool:
        """Tell whether a socket has addresses with ports, and no paths."""
        return self._sockets[on][name]

    def add_later(self, step: Mapping, name: str, kind: str) -> None:
        """Note what was started with `later`."""
        if not name:
            raise step.error("later", "a name, please")
        if name in self.later:
            raise step.error("later", f"{name!r} is under way already; choose another name")
        self.later[name] = kind

    def later_of(self, step: Mapping, kind: str, expected: Iterable[str]) -> str | None:
        """Return and note the name after `later`; what is `expected` is for the collecting step."""
        later: str | None = step.get("later", str)
        if later is not None:
            if there := [key for key in expected if key in step]:
                text = "belongs to the step that collects it, not beside later"
                raise step.error(there[0], text)
            self.add_later(step, later, kind)
        return later

    def note_refused(self, step: Mapping) -> None:
        """Note the names that a refused step would have made."""
        there = {key: step.raw(key) for key in ("later", "as", "on") if key in step}
        given = {key: value for key, value in there.items() if isinstance(value, str)}
        if later := given.get("later"):
            self.later.setdefault(later, REFUSED)
        if "run" in step and "on" in given:
            self.runs.append(Run(step.line, given["on"], (), later, None))
        if (name := given.get("as")) and "fault" in step:
            self.faults.setdefault(name, REFUSED)
            self.all_faults.setdefault(name, REFUSED)
        elif name and "on" in given:
            self._sockets.setdefault(given["on"], {}).setdefault(name, True)

    def collect(self, step: Mapping, name: str) -> str:
        """Return whether a name stands for a call or a run."""
        if name not in self.later:
            hint = meant(name, self.later)
            raise step.error("collect", f"{name!r}: nothing of that name is under way{hint}")
        return self.later[name]

    def add_fault(self, step: Mapping, name: str, kind: str) -> None:
        """Note a fault."""
        if not name:
            raise step.error("as", "a name, please")
        if name in self.faults:
            raise step.error("as", f"{name!r} is in force already; lift it first")
        self.faults[name] = self.all_faults[name] = kind

    def lift(self, step: Mapping, name: str) -> str:
        """Note that a fault ends; return its kind."""
        if name not in self.faults:
            was = "has been lifted already" if name in self.all_faults else "is not in force"
            raise step.error("lift", f"{name!r} {was}{meant(name, self.faults)}")
        return self.faults.pop(name)
