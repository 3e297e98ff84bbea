"""Sees which faults are put on the links of a host, and lifted, by whomever."""

import time
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from lab.api.agent_client import AgentClient
from lab.api.fault import FaultStatus, fault_status
from lab.errors import EngineError

IN_FORCE, ADDED, LIFTED, OVER, ENDED = "in force", "added", "lifted", "over", "ended with its host"


class FaultChange(NamedTuple):
    """What has become of a fault, and when: of one that is no more, when that was seen."""

    time_ns: int
    change: str
    fault: FaultStatus


class FaultWatch:
    """Of the links from and to a host; `agents` are those of all hosts, by their names."""

    def __init__(self, host: str, agents: Mapping[str, AgentClient]) -> None:
        self._host = host
        self._agents = dict(agents)
        self._known: dict[str, FaultStatus] = {}
        self._is_first = True

    def changes(self) -> Iterator[FaultChange]:
        """Yield what has changed since the last time; at first what is in force."""
        now_ns = time.time_ns()
        there: dict[str, FaultStatus] = {}
        gone: set[str] = set()
        for name, agent in list(self._agents.items()):
            try:
                answer = agent.ask("list")
            except EngineError:  # its host has ended, and its faults with it
                del self._agents[name]
                gone.add(name)
                continue
            found = [fault_status(one, name) for one in answer["faults"]]
            there |= {one.id: one for one in found if self._host in {one.source, one.target}}
        for id_, fault in there.items():
            if fault.active and id_ not in self._known:
                at_ns = now_ns if self._is_first else fault.added_ns or now_ns
                yield FaultChange(at_ns, IN_FORCE if self._is_first else ADDED, fault)
        for id_, fault in self._known.items():
            if id_ not in there:
                yield FaultChange(now_ns, ENDED if fault.target in gone else LIFTED, fault)
            elif not there[id_].active:
                yield FaultChange(now_ns, OVER, there[id_])
        self._known = {id_: fault for id_, fault in there.items() if fault.active}
        self._is_first = False
