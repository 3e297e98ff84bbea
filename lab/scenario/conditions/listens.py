"""`listens`: a program of a host waits for others, on a socket that they can reach."""

from dataclasses import dataclass
from typing import ClassVar, Self

from lab.scenario import keys, values
from lab.scenario.conditions import Subject
from lab.scenario.keys import Keys
from lab.scenario.reading import Reading
from lab.scenario.run_context import RunContext
from lab.scenario.yaml import Mapping

_LAST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Listens(Subject):
    """TCP sockets that listen and UDP sockets that are bound, on one host."""

    HELP: ClassVar[Keys] = {
        "listens": keys.text(
            "the host of which a TCP socket listens, or a UDP socket is bound; not to a loopback"
            " address"
        ),
    }
    KEYS: ClassVar[Keys] = {
        "port": keys.number("of listens: to this port", minimum=1, maximum=_LAST_PORT),
    }
    CAN_EXPECT: ClassVar[bool] = False

    host: str
    port: int | None = None

    @classmethod
    def read(cls, condition: Mapping, reading: Reading) -> Self:
        port = values.count(condition, "port", least=1)
        if port is not None and port > _LAST_PORT:
            raise condition.error("port", f"must be at most {_LAST_PORT}")
        return cls(values.host(condition, "listens", reading.hosts), port)

    def describe(self) -> str:
        port = "" if self.port is None else f" on port {self.port}"
        return f"{self.host} to listen{port}"

    @property
    def unit(self) -> str:
        return "sockets"

    def wait(self, run: RunContext, number: int, least: int, within_s: float) -> int:
        del number
        return run.wait_for_listeners(self.host, self.port, least, within_s)
