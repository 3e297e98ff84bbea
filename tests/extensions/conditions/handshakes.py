"""`handshakes`: a subject of the tests' own. All that there is of it is in this file."""

from dataclasses import dataclass
from typing import ClassVar, Self

from lab.evidence.verdict import Evidence
from lab.scenario import keys, values
from lab.scenario.conditions import Subject
from lab.scenario.keys import Keys
from lab.scenario.reading import Reading
from lab.scenario.run_context import RunContext
from lab.scenario.yaml import Mapping


@dataclass(frozen=True, slots=True)
class Handshakes(Subject):
    """Connections from a client that a server has answered, by its SYN-ACK."""

    HELP: ClassVar[Keys] = {"handshakes": keys.text("TCP handshakes of a link")}
    KEYS: ClassVar[Keys] = {"port": keys.number("only of this port of the server")}

    client: str
    server: str
    port: int | None = None

    @classmethod
    def read(cls, condition: Mapping, reading: Reading) -> Self:
        client, server, _ = values.link(condition, "handshakes", reading.hosts)
        return cls(client, server, condition.get("port", int))

    def describe(self) -> str:
        return f"handshakes {self.client} -> {self.server}"

    @property
    def unit(self) -> str:
        return "handshakes"

    def count(self, evidence: Evidence) -> tuple[int, str]:
        link = f"{self.server} -> {self.client}"
        packets = [one.packet for one in evidence.packets if one.link == link]
        answers = [one for one in packets if one.flags & 0x12 == 0x12]
        of_port = [one for one in answers if self.port in {None, one.source_port}]
        return len(of_port), evidence.missing

    def prepare(self, run: RunContext, number: int, *, expected: int | None) -> None:
        if expected is None:
            port = {} if self.port is None else {"source_port": self.port}
            run.count_packets(number, self.server, self.client, {"tcp": "syn-ack", **port})

    def wait(self, run: RunContext, number: int, least: int, within_s: float) -> int:
        return run.wait_for_packets(number, least, within_s)
