"""What one may ask the agent, and who owns which fault.

A question is `{"do": VERB, ...}`; the answer `{"done": ...}` or `{"failed": TEXT}`. Verbs:
hello, add, remove, look, list, clear, sysctl, capture. Addresses travel as text, times in
milliseconds.
"""

import ipaddress
from collections.abc import Callable
from typing import Any

from lab.agent import duration, sysctls
from lab.agent.active_fault import Entry
from lab.agent.connection import Connection
from lab.agent.wire.capture import Capture
from lab.agent.wire.fault import Fault
from lab.agent.wire.wire import Wire
from lab.net.parameters import ParameterError

# Faults whose time is over, and that are still listed.
_MOST_KEPT = 100


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
        """Is nothing in force, nor anything left to tell?"""
        is_kept = any(entry.is_kept for entry in self._entries.values())
        return not is_kept and (self.wire is None or self.wire.idle)

    def answer(self, question: dict[str, Any], asker: Connection) -> None:
        """Do it, and say so when it is done."""
        try:
            verb = self._verbs[question["do"]]
            asker.say({"done": verb(question, asker)})
            if verb == self._capture:
                asker.add(self._captures[asker].opening())
        except ParameterError as error:
            asker.say({"nonsense": str(error)})
        except (KeyError, TypeError, ValueError) as error:
            # Another version of the lab asks, perhaps: that must not lift the faults of others.
            asker.say({"nonsense": f"no question of this agent's: {error!r}"})
        except OSError as error:
            asker.say({"failed": error.strerror or str(error), "errno": error.errno})
        except Exception as error:  # whatever it is, the faults of others stay
            asker.say({"failed": f"a mistake of the agent's own: {error!r}"})

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
        for entry in list(self._entries.values()):
            if entry.is_due:
                self._end(entry)

    def _end(self, entry: Entry) -> None:
        """Lift what has lasted long enough; forget what has been listed long enough."""
        if not entry.active:
            del self._entries[entry.number]
            return
        self._lift(entry)
        entry.end()
        kept = [other.number for other in self._entries.values() if other.is_kept]
        for number in kept[:-_MOST_KEPT]:
            del self._entries[number]

    def next_due_ns(self) -> int | None:
        """Return when there is something to do, if nothing arrives."""
        times = [entry.due_ns for entry in self._entries.values()]
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
        for_ms = duration.checked(question.get("for_ms"), fault.name)
        owner = None if question.get("stay") else asker
        fault.number = self._last + 1
        entry = Entry(fault.number, question["source"], fault, owner, for_ms)
        # By these names, which are the same in every run, its dice are known.
        link = f"{entry.source} -> {question['target']}" if "target" in question else entry.source
        self._made_wire().add(entry.source, addresses, fault, link)
        self._last += 1
        self._entries[self._last] = entry
        return entry.facts()

    def _remove(self, question: dict[str, Any], _asker: Connection) -> dict[str, Any]:
        entry = self._find(question)
        self._lift(entry)
        del self._entries[entry.number]
        return entry.facts()

    def _look(self, question: dict[str, Any], _asker: Connection) -> dict[str, Any]:
        return self._find(question).facts()

    def _find(self, question: dict[str, Any]) -> Entry:
        number = question["fault"]
        if number not in self._entries:
            text = f"fault {number}: there is none of that number"
            raise ParameterError(text)
        return self._entries[number]

    def _list(self, _question: dict[str, Any], _asker: Connection) -> dict[str, Any]:
        return {
            "faults": [entry.facts() for entry in self._entries.values()],
            "overload_packets": self.wire.overload() if self.wire else 0,
            "refused_packets": self.wire.refused if self.wire else 0,
        }

    def _clear(self, _question: dict[str, Any], _asker: Connection) -> list[dict[str, Any]]:
        gone = []
        for entry in self._entries.values():
            self._lift(entry)
            gone.append(entry.facts())
        self._entries.clear()
        return gone

    def _sysctl(self, question: dict[str, Any], _asker: Connection) -> dict[str, str]:
        return sysctls.write(question["values"])

    def _capture(self, question: dict[str, Any], asker: Connection) -> dict[str, Any]:
        """Begin a stream that follows the answer, and ends when the asker says no more."""
        if asker in self._captures:
            raise ParameterError("capture: one on each connection")
        sources = {
            ipaddress.ip_address(address).packed: host
            for host, addresses in question["sources"].items()
            for address in addresses
        }
        wire = self._made_wire()
        capture = Capture(
            asker.stream,
            snap_bytes=question["snap_bytes"],
            host=question["host"],
            sources=sources,
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
