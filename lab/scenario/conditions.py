"""What is waited for, or must be seen in the end: `{syslog: REGEX, on: server, count: 2}`."""

from collections.abc import Sequence
from typing import Any

from lab.agent.wire import match
from lab.net.parameters import ParameterError, checked
from lab.scenario import expectations, keys, values
from lab.scenario.hosts import Hosts
from lab.scenario.model import Condition, PacketPattern
from lab.scenario.names import REFUSED, Names
from lab.scenario.yaml import Mapping
from lab.suggestions import meant

_SYSLOG = "syslog"


def waited(step: Mapping, hosts: Hosts, names: Names) -> Condition:
    """Return what a step waits for: only what can be known while the run goes on."""
    condition = read(step, "wait", hosts, names)
    asked = step.raw("wait")
    if condition.fault is not None:
        raise step.wrong("wait", "for syslog, output or packets, please")
    if condition.output is not None and condition.of is None:
        text = "of which program? say of: and a host, or the name after its later:"
        raise asked.wrong(_output_key(asked), text)
    if condition.packets and condition.packets.fate:
        raise asked.raw("packets").wrong("fate", "is not known yet while one waits; expect can ask")
    if condition.count == 0:
        raise asked.wrong("count", "0 is there at once; expect tells at the end that none came")
    return condition


def read(step: Mapping, key: str, hosts: Hosts, names: Names) -> Condition:
    """Return the condition that stands under a key of a step."""
    asked = step.raw(key)
    if not isinstance(asked, Mapping):
        raise step.wrong(key, "must be a mapping like {syslog: connected, on: server}")
    subjects = [subject for subject in keys.SUBJECTS if subject in asked]
    if len(subjects) != 1:
        raise step.wrong(key, f"must have one of {', '.join(keys.SUBJECTS)}")
    asked.only(*keys.SUBJECTS, *keys.OF_SUBJECTS, *keys.AMOUNTS)
    for word, owners in keys.OWNERS.items():
        if word in asked and subjects[0] not in owners:
            raise asked.wrong(word, f"is of {owners[0]}, not of {subjects[0]}")
    amounts = [word for word in keys.AMOUNTS if word in asked]
    if len(amounts) > 1:
        raise asked.wrong(amounts[1], f"cannot stand beside {amounts[0]}")
    count, acted = values.count(asked, "count"), values.count(asked, "acted")
    of, of_hosts = _whose(asked, hosts, names) if "of" in asked else (None, ())
    return Condition(
        syslog=_syslog(asked, hosts),
        output=expectations.pattern(asked, _output_key(asked)),
        packets=_packets(asked, hosts) if "packets" in asked else None,
        fault=_fault(asked, names) if "fault" in asked else None,
        on=_host(asked, hosts) if "on" in asked else None,
        ident=asked.get("ident", str),
        facility=_one_of(asked, "facility", keys.FACILITIES),
        severity=_one_of(asked, "severity", keys.SEVERITIES),
        of=of,
        count=acted if count is None else count,
        at_least=values.count(asked, "at_least", least=1),
        hosts=of_hosts or hosts.replicas.get(asked.get("on", str, default=""), ()),
    )


def _host(asked: Mapping, hosts: Hosts) -> str:
    """Return whose syslog lines are meant: a host's, or a service's, which all replicas have."""
    name = str(asked.need("on", str))
    values.known_hosts(asked, "on", name, hosts)
    return name


def _syslog(asked: Mapping, hosts: Hosts) -> str | None:
    pattern = expectations.pattern(asked, "syslog")
    if pattern is not None and _SYSLOG not in hosts:
        # Else a line that is not expected would never be there.
        text = "no host here has a syslog; give a compose file with a host of that name"
        raise asked.wrong("syslog", text)
    return pattern


def _one_of(asked: Mapping, key: str, words: Sequence[str]) -> str | None:
    word: str | None = asked.get(key, str)
    if word not in {None, *words}:
        raise asked.wrong(key, f"{word!r} must be one of {', '.join(words)}")
    return word


def _fault(asked: Mapping, names: Names) -> str:
    name = str(asked.need("fault", str))
    if names.all_faults.get(name) not in {"wire", REFUSED}:
        hint = meant(name, names.all_faults)
        raise asked.wrong("fault", f"{name!r}: no fault of the wire has that name{hint}")
    return name


def _output_key(asked: Mapping) -> str:
    return next((key for key in keys.OUTPUTS if key in asked), keys.OUTPUTS[0])


def _whose(asked: Mapping, hosts: Hosts, names: Names) -> tuple[str, tuple[str, ...]]:
    """Return whose output is meant: a program's that was started before, or that of hosts."""
    name = str(asked.need("of", str))
    if names.later.get(name) in {"run", REFUSED}:
        return name, ()
    if not hosts.named(name):
        hint = meant(name, [*names.later, *hosts.known])
        text = f"{name!r}: no host, and no program was started with later: {name}{hint}"
        raise asked.wrong("of", text)
    if hosts.bare:
        text = f"{name!r} runs nothing of its own, so it prints nothing; give a compose file"
        raise asked.wrong("of", text)
    if name == _SYSLOG:
        raise asked.wrong("of", "what syslog prints are syslog's lines; ask for syslog: instead")
    return name, hosts.named(name)


def _packets(asked: Mapping, hosts: Hosts) -> PacketPattern:
    pattern = asked.raw("packets")
    if not isinstance(pattern, Mapping):
        raise asked.wrong("packets", "must be a mapping like {link: client -> server, tcp: syn}")
    known = [parameter.name for parameter in match.PARAMETERS]
    pattern.only(*keys.PACKETS, *known)
    values.refuse_nothing(pattern, known)
    fate = _one_of(pattern, "fate", keys.FATES)
    fate = keys.FATES_BEFORE.get(fate or "", fate)
    words: dict[str, Any] = {key: pattern.raw(key) for key in known if key in pattern}
    try:
        match.Match(checked(match.PARAMETERS, words, "packets"))
    except ParameterError as error:
        raise asked.wrong("packets", str(error)) from None
    source, target, links = values.link(pattern, "link", hosts)
    return PacketPattern(source, target, words, fate, links)
