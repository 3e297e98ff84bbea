"""`calls`: socket calls of traced programs."""

import errno
from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from lab.agent.tracing import call_names, matching
from lab.evidence.events import HostUp, ProgramCall, StepsEnded
from lab.evidence.verdict import Evidence
from lab.net import constants
from lab.scenario import keys, peers, traced_programs, values
from lab.scenario.conditions import Subject
from lab.scenario.keys import Definition, Keys, Schema
from lab.scenario.peers import Addresses
from lab.scenario.reading import Reading
from lab.scenario.run_context import RunContext
from lab.scenario.trace_gaps import missing
from lab.scenario.traced_calls import CallCounter, CallOutcome, CallPattern, described, tally
from lab.scenario.yaml import Mapping
from lab.suggestions import meant, near

_PROTOCOLS = (
    *("tcp", "udp", "unix", "icmp", "icmpv6", "sctp", "mptcp", "dccp", "udplite", "raw"),
    *("netlink", "packet", "vsock"),
)
_PEER = "what it connects or sends to, or else what its socket is connected to: `host:port`, a host"
_KEYS: Keys = {
    "on": keys.text("the host that they were made on"),
    "program": keys.text(
        "only of programs whose executable file has this name, or this name and a version: python3"
        " is python3.13, too",
        minLength=1,
    ),
    "of": keys.text("only of the program that was started under this name with `later`"),
    "call": keys.text("only these calls", enum=[*call_names.WRITTEN]),
    "peer": keys.text(f"{_PEER}, `[address]:port`, or the path of a Unix socket"),
    "to": keys.text("the same as peer"),
    "family": keys.text("only on sockets of this family", enum=[*matching.FAMILIES]),
    "protocol": keys.text("only on sockets of this protocol", enum=[*_PROTOCOLS]),
    "descriptor": keys.number("only on this descriptor", minimum=0),
}
_PATTERN = Definition(
    "calls",
    {
        **keys.mapping(_KEYS, needed=("on",)),
        "dependentSchemas": keys.never_beside("to", ("peer",)),
    },
)
_ERRNOS = {*errno.errorcode.values(), *constants.OTHER_NAMES}
_GIVES = ("gives", "gives_at_least", "gives_at_most")


def _exclusive() -> Schema:
    found = keys.never_beside("raises", _GIVES)
    return found | keys.never_beside("gives", ("raises", *_GIVES))


@dataclass(frozen=True, slots=True)
class Calls(Subject):
    """Calls of traced programs of which an outcome came."""

    HELP: ClassVar[Keys] = {
        "calls": {"description": "socket calls of traced programs", **_PATTERN.reference},
    }
    KEYS: ClassVar[Keys] = {
        "raises": keys.text("of calls: that failed with this errno", pattern=r"^E[A-Z0-9]+$"),
        "gives": keys.number("of calls: that returned this number"),
        "gives_at_least": keys.number("of calls: that returned this number or a higher"),
        "gives_at_most": keys.number("of calls: that returned this number or a lower"),
        "after": keys.duration("of calls: that lasted so long at the least"),
        "within": keys.duration("of calls: that lasted so long at the most"),
    }
    RULES: ClassVar[Schema] = _exclusive()
    DEFINITIONS: ClassVar = (_PATTERN,)

    pattern: CallPattern
    outcome: CallOutcome

    @classmethod
    def read(cls, condition: Mapping, reading: Reading) -> Self:
        given = condition.raw("calls")
        if not isinstance(given, Mapping):
            text = "must be a mapping like {on: client, program: curl, call: connect}"
            raise condition.error("calls", text)
        given.only(*_KEYS)
        on = str(given.need("on", str))
        hosts = values.known_hosts(given, "on", on, reading.hosts)
        program = given.get("program", str)
        if program == "":
            raise given.error("program", "a name, please")
        pattern = CallPattern(
            hosts,
            program,
            given.get("of", str),
            _call(given),
            _peer(given, reading),
            matching.FAMILIES.get(_known(given, "family", matching.FAMILIES) or ""),
            _known(given, "protocol", _PROTOCOLS),
            values.count(given, "descriptor"),
        )
        traced_programs.refuse_untraced(given, pattern, reading.names)
        return cls(pattern, _outcome(condition))

    def describe(self) -> str:
        pattern, outcome = self.pattern, self.outcome
        words = {
            "program": pattern.program,
            "of": pattern.of,
            "peer": pattern.peer.text if pattern.peer else None,
            "family": pattern.family,
            "protocol": pattern.protocol,
            "descriptor": pattern.descriptor,
            "raises": outcome.raises,
            **{name: getattr(outcome, name) for name in _GIVES},
            "after": None if outcome.after_s is None else f"{outcome.after_s:g}s",
            "within": None if outcome.within_s is None else f"{outcome.within_s:g}s",
        }
        asked = [f"{name}={value}" for name, value in words.items() if value is not None]
        call = [pattern.call] if pattern.call else []
        return " ".join([f"calls on {','.join(pattern.hosts)}", *call, *asked])

    @property
    def unit(self) -> str:
        return "calls"

    def count(self, evidence: Evidence) -> tuple[int, str]:
        known = _addresses(evidence.events)
        unknown = self.pattern.peer.missing(known) if self.pattern.peer else ""
        return self._counted(evidence).count, unknown or missing(evidence.events, self.pattern)

    def seen(self, evidence: Evidence) -> str:
        counter = self._counted(evidence)
        found = [described(call, counter.known) for call in counter.counted]
        others = [described(call, counter.known) for call in counter.others]
        if others:
            found.append(f"not so: {', '.join(others)}")
        if not found:
            made = _until_end(evidence.events)
            names = Counter(one.call for one in made if self.pattern.is_of_program(one))
            found.append(f"its calls are {tally(names)}" if names else "it made no call")
        return ", ".join(found)

    def _counted(self, evidence: Evidence) -> CallCounter:
        counter = CallCounter(self.pattern, self.outcome, _addresses(evidence.events))
        for call in _until_end(evidence.events):
            counter.take(call)
        counter.finish()
        return counter

    def wait(self, run: RunContext, number: int, least: int, within_s: float) -> int:
        del number
        known = run.addresses() if self.pattern.peer else {}
        return run.wait_for_calls(
            CallCounter(self.pattern, self.outcome, known).take, least, within_s
        )


def _until_end(events: Any) -> list[ProgramCall]:
    """Return the calls up to the last step: what the end of the lab ends is not meant."""
    found = []
    for event in events:
        if isinstance(event, StepsEnded):
            break
        if isinstance(event, ProgramCall):
            found.append(event)
    return found


def _addresses(events: Any) -> Addresses:
    return {one.host: one.addresses for one in events if isinstance(one, HostUp)}


def _known(step: Mapping, key: str, words: Any) -> str | None:
    found: str | None = step.get(key, str)
    if found is not None and found not in words:
        raise step.error(key, f"{found!r} is none that is known{meant(found, words)}")
    return found


def _call(given: Mapping) -> str | None:
    name: str | None = given.get("call", str)
    if name is not None and name not in call_names.WRITTEN:
        text = f"{name!r} is no call that a trace shows{meant(name, call_names.WRITTEN)}"
        raise given.error("call", text)
    return name


def _peer(given: Mapping, reading: Reading) -> peers.Peer | None:
    if "to" in given and "peer" in given:
        raise given.error("to", "is the same as peer; keep one")
    key = next((key for key in ("to", "peer") if key in given), None)
    return peers.read(given, key, reading.hosts) if key else None


def _outcome(condition: Mapping) -> CallOutcome:
    there = [name for name in _GIVES if name in condition]
    if there and "raises" in condition:
        raise condition.error("raises", f"cannot stand beside {there[0]}: what fails gives nothing")
    if "gives" in there and len(there) > 1:
        raise condition.error(there[1], "cannot stand beside gives")
    after_s, within_s = values.seconds(condition, "after"), values.seconds(condition, "within")
    if after_s is not None and within_s is not None and after_s >= within_s:
        raise condition.error("after", f"must be shorter than within ({within_s:g}s)")
    raises: str | None = condition.get("raises", str)
    if raises not in {None, *_ERRNOS}:
        text = f"{raises!r} is no errno, such as ECONNRESET{near(raises or '', _ERRNOS)}"
        raise condition.error("raises", text)
    given = {name: condition.get(name, int) for name in _GIVES}
    name = constants.OTHER_NAMES.get(raises or "", raises)
    return CallOutcome(raises=name, after_s=after_s, within_s=within_s, **given)
