"""What one may ask the agent, and who owns which fault.

A question is `{"do": VERB, ...}`; the answer `{"done": ...}` or `{"failed": TEXT}`. Verbs:
hello, add, remove, look, list, clear, sysctl, capture. Addresses travel as text, times in
milliseconds.
"""

import ipaddress
import time
from collections.abc import Callable
from typing import Any

from lab.agent import sysctls
from lab.agent.connection import Connection
from lab.agent.wire.capture import Capture
from lab.agent.wire.fault import Fault
from lab.agent.wire.parameters import NonsenseError
from lab.agent.wire.wire import Wire


class Entry:
    """A fault with its owner (None: it stays) and its end (monotonic, None: none)."""

    def __init__(self, source: str, fault: Fault, owner: Connection | None) -> None:
        self.source = source
        self.fault = fault
        self.owner = owner
        self.ends_ns: int | None = None
        self.active = True


class Desk:
    """Answers questions; makes the wire when it is first needed."""

    def __init__(self) -> None:
        self.wire: Wire | None = None
        self._entries: dict[int, Entry] = {}
        self._captures: dict[Connection, Capture] = {}
        self._last = 0
        self._verbs: dict[str, Callable[[dict[str, Any], Connection], Any]] = {
            "hello": lambda _question, _asker: {},
            "add": self._add,
            "remove": self._remove,
            "look": self._look,
            "list": self._list,
            "clear": self._clear,
            "sysctl": self._sysctl,
            "capture": self._capture,
        }

    @property
    def idle(self) -> bool:
        """Is nothing in force?"""
        return self.wire is None or self.wire.idle

    def answer(self, question: dict[str, Any], asker: Connection) -> None:
        """Do it, and say so when it is done."""
        try:
            verb = self._verbs[question["do"]]
            asker.say({"done": verb(question, asker)})
            if verb == self._capture:
                asker.add(self._captures[asker].opening())
        except NonsenseError as error:
            asker.say({"nonsense": str(error)})
        except (KeyError, TypeError, ValueError) as error:
            # Another version of the lab asks, perhaps: that must not lift the faults of others.
            asker.say({"nonsense": f"no question of this agent's: {error!r}"})
        except OSError as error:
            asker.say({"failed": error.strerror or str(error), "errno": error.errno})

    def forget(self, asker: Connection) -> None:
        """Lift what belonged to somebody who has gone."""
        for number, entry in list(self._entries.items()):
            if entry.owner is asker:
                self._lift(entry)
                del self._entries[number]
        self._end_capture(asker)

    def tick(self) -> None:
        """Do what is due: let packets go on, lift what has lasted long enough."""
        if self.wire:
            self.wire.tick()
        for number, entry in list(self._entries.items()):
            if entry.ends_ns is not None and time.monotonic_ns() >= entry.ends_ns:
                self._lift(entry)
                entry.ends_ns = None
                if entry.owner is None:  # nobody will ask for its counters
                    del self._entries[number]

    def next_due_ns(self) -> int | None:
        """Return when there is something to do, if nothing arrives."""
        times = [entry.ends_ns for entry in self._entries.values()]
        times.append(self.wire.next_due_ns() if self.wire else None)
        return min((time_ns for time_ns in times if time_ns is not None), default=None)

    def close(self) -> None:
        """Lift everything."""
        for asker in list(self._captures):
            self._end_capture(asker)
        if self.wire:
            self.wire.close()

    def _made_wire(self) -> Wire:
        if self.wire is None:
            self.wire = Wire()
        return self.wire

    def _add(self, question: dict[str, Any], asker: Connection) -> dict[str, Any]:
        fault = Fault(question["impairment"], question["asked"])
        addresses = frozenset(ipaddress.ip_address(one).packed for one in question["addresses"])
        fault.number = self._last + 1
        self._made_wire().add(question["source"], addresses, fault)
        owner = None if question.get("stay") else asker
        entry = Entry(question["source"], fault, owner)
        if (for_ms := question.get("for_ms")) is not None:
            entry.ends_ns = time.monotonic_ns() + round(for_ms * 1e6)
        self._last += 1
        self._entries[self._last] = entry
        return self._facts(self._last, entry)

    def _remove(self, question: dict[str, Any], _asker: Connection) -> dict[str, Any]:
        number, entry = self._find(question)
        self._lift(entry)
        del self._entries[number]
        return self._facts(number, entry)

    def _look(self, question: dict[str, Any], _asker: Connection) -> dict[str, Any]:
        return self._facts(*self._find(question))

    def _find(self, question: dict[str, Any]) -> tuple[int, Entry]:
        number = question["fault"]
        if number not in self._entries:
            text = f"fault {number}: there is none of that number"
            raise NonsenseError(text)
        return number, self._entries[number]

    def _list(self, _question: dict[str, Any], _asker: Connection) -> dict[str, Any]:
        faults = [self._facts(number, entry) for number, entry in self._entries.items()]
        return {"faults": faults, "overload_packets": self.wire.overload() if self.wire else 0}

    def _clear(self, _question: dict[str, Any], _asker: Connection) -> list[dict[str, Any]]:
        gone = []
        for number, entry in self._entries.items():
            self._lift(entry)
            gone.append(self._facts(number, entry))
        self._entries.clear()
        return gone

    def _sysctl(self, question: dict[str, Any], _asker: Connection) -> dict[str, str]:
        return sysctls.write(question["values"])

    def _capture(self, question: dict[str, Any], asker: Connection) -> dict[str, Any]:
        """Begin a stream that follows the answer, and ends when the asker says no more."""
        if asker in self._captures:
            raise NonsenseError("capture: one on each connection")
        links = {
            ipaddress.ip_address(address).packed: link
            for link, addresses in question["links"].items()
            for address in addresses
        }
        wire = self._made_wire()
        capture = Capture(
            asker.stream,
            snap_bytes=question["snap_bytes"],
            host=question["host"],
            links=links,
            first_id=question["first_id"],
            lost=wire.overload(),
        )
        wire.watch(capture)
        self._captures[asker] = capture
        return {}

    def _end_capture(self, asker: Connection) -> None:
        if (capture := self._captures.pop(asker, None)) and self.wire:
            waiting = self.wire.unwatch(capture)
            asker.add(capture.end(waiting, self.wire.overload()))

    def _lift(self, entry: Entry) -> None:
        if entry.active and self.wire:
            entry.active = False
            self.wire.remove(entry.fault)

    def _facts(self, number: int, entry: Entry) -> dict[str, Any]:
        fault = entry.fault
        left_ns = None if entry.ends_ns is None else entry.ends_ns - time.monotonic_ns()
        return {
            "fault": number,
            "source": entry.source,
            "impairment": fault.name,
            "asked": fault.asked,
            "active": entry.active,
            "spent": fault.spent,
            "stays": entry.owner is None,
            "left_ms": None if left_ns is None else max(0, left_ns) / 1e6,
            "matched_packets": fault.matched_packets,
            "acted_packets": fault.acted_packets,
            "acted_bytes": fault.acted_bytes,
        }
