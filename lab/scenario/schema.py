"""The JSON Schema (draft 2020-12) of scenario files, for editors; from the tables of the reader.

What it refuses the reader refuses, too. The reader knows more: hosts, names, what makes no sense
together.
"""

from collections.abc import Iterable, Mapping, Sequence

from lab.agent import calls
from lab.agent.call_server.registry import Call
from lab.agent.wire import impairments, match, selection
from lab.net.parameters import Kind, Parameter
from lab.scenario import expectations, keys
from lab.scenario.keys import Keys, Schema

_SHARED: Mapping[str, Keys] = {
    "of-calls": keys.OF_CALLS,
    "of-programs": keys.OF_PROGRAMS,
    "match": {one.name: one.schema for one in match.PARAMETERS},
    "selection": {one.name: one.schema for one in selection.PARAMETERS},
}


def schema() -> Schema:
    """Return it."""
    steps = {**keys.FILE["steps"], "items": {"$ref": "#/$defs/step"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Socket Lab scenario",
        "description": "What hosts do, what the network does to them, what each call must return.",
        **_mapping({**keys.FILE, "steps": steps}, needed=("title", "shows", "steps")),
        **_one_of(["hosts", "compose"]),
        "$defs": {
            **{name: _shared_keys(name) for name in _SHARED},
            "step": _step(),
            "call": _calls(),
            **{f"call-{name}": _call(call) for name, call in calls.table().items()},
            "run": _run(),
            "send": _send(),
            "collect": _collect(),
            "fault": _faults(),
            **{f"fault-{kind}": _host_fault(kind) for kind in keys.HOST_FAULTS},
            "fault-partition": _partition(),
            **{f"fault-{kind}": _link_fault(kind) for kind in impairments.names()},
            "lift": _mapping(keys.LIFT, needed=("lift",)),
            "sysctl": _mapping(keys.SYSCTL, needed=("sysctl", "on")),
            "wait": _wait(),
            "expect": _mapping(
                {"expect": _condition(keys.EXPECT["expect"], keys.SUBJECTS, keys.AMOUNTS)}
            ),
            "packets": _packets(),
        },
    }


def _mapping(properties: Keys, *, needed: Sequence[str] = ()) -> Schema:
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": list(needed)} if needed else found


def _one_of(names: Iterable[str]) -> Schema:
    return {"oneOf": [{"required": [name]} for name in names]}


def _never_beside(name: str, others: Iterable[str]) -> Schema:
    return {name: {"properties": {other: False for other in others if other != name}}}


def _shared_keys(name: str) -> Schema:
    found: Schema = {"properties": dict(_SHARED[name])}
    if name.startswith("of-"):
        blocks = _never_beside("blocks", (*expectations.TIMES, *expectations.ENDS))
        later = _never_beside("later", _SHARED[name])
        found["dependentSchemas"] = later | (_outcomes() if name == "of-calls" else blocks)
    return found


def _with(shared: Sequence[str], properties: Keys, *, needed: Sequence[str]) -> Schema:
    """Add the keys of tables that many have, each of which stands in the schema once."""
    known: Keys = {key: True for name in shared for key in _SHARED[name]}
    found = _mapping({**properties, **known}, needed=needed)
    return {**found, "allOf": [{"$ref": f"#/$defs/{name}"} for name in shared]}


def _parameter(parameter: Parameter) -> Schema:
    default = parameter.default
    # Some defaults mean that nothing was given: they are no value that one may write.
    writable = isinstance(default, str | bool) and default != ""
    if isinstance(default, int | float) and default >= parameter.least:
        writable = True
    found = {**parameter.schema, "default": default} if writable else parameter.schema
    if issubclass(parameter.kind, Kind):
        found["description"] += f": {parameter.allowed}"
    return found


def _step() -> Schema:
    return {
        "type": "object",
        "description": "one thing that is done, and what must come of it",
        "properties": {verb: {"description": text} for verb, text in keys.VERBS.items()},
        **_one_of(keys.VERBS),
        "allOf": [
            {"if": {"required": [verb]}, "then": {"$ref": f"#/$defs/{verb}"}} for verb in keys.VERBS
        ],
    }


def _by_word(key: str, words: Sequence[str], described: Schema) -> Schema:
    """Say that the word under a key decides which other keys there may be."""
    return {
        "properties": {key: {**described, "enum": list(words)}},
        "allOf": [
            {
                "if": {"properties": {key: {"const": word}}, "required": [key]},
                "then": {"$ref": f"#/$defs/{key}-{word}"},
            }
            for word in words
        ],
    }


def _calls() -> Schema:
    return _by_word("call", calls.names(), keys.CALL["call"])


def _call(call: Call) -> Schema:
    own = {one.name: _parameter(one) for one in call.parameters}
    word = {"call": {"const": call.name, "description": call.help}}
    needed = ["on", "call", *(one.name for one in call.parameters if one.required)]
    found = _with(["of-calls"], {**keys.CALL, **word, **own}, needed=needed)
    found["allOf"] += [_one_of(group) for group in call.one_of]
    return found


def _outcomes() -> Schema:
    found: Schema = {}
    for name in expectations.OUTCOMES:
        more = expectations.TIMES if name == "blocks" else ()
        found |= _never_beside(name, (*expectations.OUTCOMES, *more))
    return found


def _run() -> Schema:
    found = _with(["of-programs"], keys.RUN, needed=("on", "run"))
    return {**found, "dependentRequired": {"keep_open": ["later"]}}


def _send() -> Schema:
    closes = {"required": ["close"], "properties": {"close": {**keys.SEND["close"], "const": True}}}
    return {**_mapping(keys.SEND, needed=("send",)), "anyOf": [{"required": ["input"]}, closes]}


def _collect() -> Schema:
    return _with(["of-calls", "of-programs"], keys.COLLECT, needed=("collect",))


def _faults() -> Schema:
    kinds = [keys.PARTITION, *keys.HOST_FAULTS, *impairments.names()]
    return _by_word("fault", kinds, keys.LINK_FAULT["fault"])


def _word(kind: str, text: str) -> Keys:
    return {"fault": {"const": kind, "description": text}}


def _host_fault(kind: str) -> Schema:
    word = _word(kind, keys.HOST_FAULTS[kind])
    more = {
        **(keys.NAME if kind in keys.LASTING else {}),
        **(keys.SIGNAL if kind == "kill" else {}),
    }
    return _mapping({**keys.HOST_FAULT, **word, **more}, needed=("fault", "on"))


def _partition() -> Schema:
    word = _word(keys.PARTITION, "no packet comes from one side to the other")
    return _mapping({**keys.PARTITION_FAULT, **word}, needed=("fault", "between"))


def _link_fault(kind: str) -> Schema:
    impairment = impairments.load(kind)
    own = {one.name: _parameter(one) for one in impairment.PARAMETERS}
    needed = [one.name for one in impairment.PARAMETERS if one.required]
    word = _word(kind, (impairment.__doc__ or "").strip().partition("\n")[0])
    tables = ["match", "selection"]
    return _with(tables, {**keys.LINK_FAULT, **word, **own}, needed=("fault", "link", *needed))


def _wait() -> Schema:
    subjects = {name: text for name, text in keys.SUBJECTS.items() if name != "fault"}
    waited = _condition(keys.WAIT["wait"], subjects, keys.WAITED)
    # Whose output, and of packets not their fate: that is known only later.
    waited["dependentRequired"] |= {key: ["of"] for key in keys.OUTPUTS}
    waited["properties"]["packets"]["not"] = {"required": ["fate"]}
    return _mapping({**keys.WAIT, "wait": waited}, needed=("wait",))


def _condition(described: Schema, subjects: Keys, amounts: Keys) -> Schema:
    properties = {**subjects, **keys.OF_SUBJECTS, **amounts}
    properties["packets"] = {**keys.SUBJECTS["packets"], "$ref": "#/$defs/packets"}
    exclusive: Schema = {}
    for name in amounts:
        exclusive |= _never_beside(name, amounts)
    owners = {}
    for key, several in keys.OWNERS.items():
        if key in properties and len(several) == 1:
            owners[key] = list(several)
        elif key in properties:
            exclusive[key] = {"anyOf": [{"required": [one]} for one in several]}
    return {
        **described,
        **_mapping(properties),
        **_one_of(subjects),
        "dependentRequired": owners,
        "dependentSchemas": exclusive,
    }


def _packets() -> Schema:
    return _with(["match"], keys.PACKETS, needed=("link",))
