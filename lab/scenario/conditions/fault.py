"""`fault`: the packets that a fault on a link acted on."""

from dataclasses import dataclass
from typing import ClassVar, Self

from lab.evidence.events import FaultOff
from lab.evidence.verdict import Evidence
from lab.scenario import keys
from lab.scenario.conditions import Subject
from lab.scenario.keys import Keys
from lab.scenario.names import REFUSED
from lab.scenario.reading import Reading
from lab.scenario.yaml import Mapping
from lab.suggestions import meant


@dataclass(frozen=True, slots=True)
class FaultCount(Subject):
    """On how many packets the fault of this name acted, while it was last in force."""

    HELP: ClassVar[Keys] = {
        "fault": keys.text("a fault of the wire, by its name: the packets that it acted on"),
    }
    AMOUNTS: ClassVar[Keys] = {
        "acted": keys.number("of a fault: on so many packets", minimum=0),
    }
    CAN_WAIT: ClassVar = False

    name: str

    @classmethod
    def read(cls, condition: Mapping, reading: Reading) -> Self:
        name, faults = str(condition.need("fault", str)), reading.names.all_faults
        if faults.get(name) not in {"wire", REFUSED}:
            text = f"{name!r}: no fault of the wire has that name{meant(name, faults)}"
            raise condition.error("fault", text)
        return cls(name)

    def describe(self) -> str:
        return f"packets that {self.name} acted on"

    @property
    def unit(self) -> str:
        return "packets"

    def count(self, evidence: Evidence) -> tuple[int, str]:
        ended = [one for one in evidence.events if isinstance(one, FaultOff)]
        own = [one for one in ended if one.name == self.name]
        if not own:
            return 0, "its end was not recorded"
        lost = "its last count is lost with its agent" if own[-1].counters_lost else ""
        return own[-1].counters.acted_packets, lost
