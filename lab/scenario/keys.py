"""How keys of a scenario file are described, as JSON Schema (draft 2020-12), and those of its head.

Each step verb and each subject of a condition describes its own keys, with what is here; what
calls and faults can be given stands beside the code that does it, in `lab.agent`.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from lab.agent.wire import match, selection
from lab.net import durations
from lab.net.parameters import Kind, Parameter

Schema = dict[str, Any]
Keys = Mapping[str, Any]  # a Schema by each key, or True: anything

HOST_PATTERN = r"[a-z0-9][a-z0-9-]{0,30}"
# As far as a pattern can tell; whether they are hosts is another question.
LINK_PATTERN = r"^\s*\S.*->.*\S\s*$"
MOST_HOSTS = 100
# A fault's own seed is a parameter of the wire, and no scenario's may be larger.
MOST_SEED = int(next(one.most for one in selection.PARAMETERS if one.name == "seed"))


# --- kinds of values


def text(description: str, **more: Any) -> Schema:
    """Return the schema of a text."""
    return {"type": "string", "description": description, **more}


def number(description: str, **more: Any) -> Schema:
    """Return the schema of a whole number."""
    return {"type": "integer", "description": description, **more}


def flag(description: str) -> Schema:
    """Return the schema of true or false; false if it is not given."""
    return {"type": "boolean", "description": description, "default": False}


def words(description: str, **more: Any) -> Schema:
    """Return the schema of a word or a list of words."""
    word = {"type": "string", **more}
    several = {"type": "array", "items": word}
    return {"description": description, "anyOf": [several, word]}


def duration(description: str) -> Schema:
    """Return the schema of a duration."""
    pattern = rf"^\s*{durations.PATTERN}\s*$"
    return text(f"{description}; such as 500ms, 1.5s or 1m30s", pattern=pattern)


def regex(description: str) -> Schema:
    """Return the schema of a regular expression."""
    return text(f"{description}: a regular expression, found anywhere in it", format="regex")


def parameter(of: Parameter) -> Schema:
    """Return the schema of what a call or a fault can be given."""
    default = of.default
    # Some defaults mean that nothing was given: they are no value that one may write.
    writable = isinstance(default, str | bool) and default != ""
    if isinstance(default, int | float) and default >= of.least:
        writable = True
    found = {**of.schema, "default": default} if writable else of.schema
    if issubclass(of.kind, Kind):
        found["description"] += f": {of.allowed}"
    return found


# --- mappings


class Definition(NamedTuple):
    """A part of the schema that others refer to: it stands there once, under this name."""

    name: str
    schema: Schema
    # Those of a mapping that has it beside keys of its own.
    keys: Keys = MappingProxyType({})

    @property
    def reference(self) -> Schema:
        """What stands where it is meant."""
        return {"$ref": f"#/$defs/{self.name}"}


def shared(name: str, own: Keys, more: Mapping[str, Any] = MappingProxyType({})) -> Definition:
    """Return the definition of keys that several mappings have.

    `more` is what else the schema says of them, such as which cannot stand together.
    """
    return Definition(name, {"properties": dict(own), **more}, own)


def mapping(properties: Keys, *, needed: Sequence[str] = ()) -> Schema:
    """Return the schema of a mapping with these keys and no others."""
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": list(needed)} if needed else found


def mapping_with(
    definitions: Sequence[Definition], properties: Keys, *, needed: Sequence[str] = ()
) -> Schema:
    """Return the schema of a mapping that has the keys of definitions beside its own."""
    known: Keys = {key: True for one in definitions for key in one.keys}
    found = mapping({**properties, **known}, needed=needed)
    return {**found, "allOf": [one.reference for one in definitions]}


def one_of(names: Iterable[str]) -> Schema:
    """Say that exactly one of the keys must be there."""
    return {"oneOf": [{"required": [name]} for name in names]}


def any_of(names: Iterable[str]) -> Schema:
    """Say that at least one of the keys must be there."""
    return {"anyOf": [{"required": [name]} for name in names]}


def never_beside(name: str, others: Iterable[str]) -> Schema:
    """Say, for `dependentSchemas`, that a key cannot stand beside others."""
    return {name: {"properties": {other: False for other in others if other != name}}}


# --- keys that several steps have

ON = text("the host that does it")
LATER = text("only start it, under this name; a later step with `collect` takes its result")
LINK = text(
    "the directed way from one host to another: client -> server; client -> client is its loopback",
    pattern=LINK_PATTERN,
)
WITHIN = duration("the longest that it may take (default 10s)")
# Which packets are meant, in the words of the wire.
MATCH = shared("match", {one.name: one.schema for one in match.PARAMETERS})

FILE: Keys = {
    "title": text("what happens, in one line"),
    "shows": text("what a program sees of it, and why it is so"),
    "reproduces": words("the errors that it reproduces, by name: ECONNRESET"),
    "hosts": words(
        "hosts that run nothing of their own, on one network", pattern=f"^{HOST_PATTERN}$"
    ),
    "compose": text(
        "in place of hosts: a compose file, by its path from this file's folder; or `shipped`, the"
        " machines that come with the lab"
    ),
    "folder": text(
        "beside hosts: a folder, by its path from this file's folder, that all hosts see at its own"
        " path, read-only; their programs start in it"
    ),
    "image": text(
        "beside hosts: the image of all of them, which has sleep(1) and a shell; with Docker alone",
        minLength=1,
    ),
    "trace": words(
        "the hosts whose programs are traced: those of their services, from the first step to the"
        " last, and each that a step runs, unless it says trace: false"
    ),
    "seed": number("of the random draws", default=1, minimum=0, maximum=MOST_SEED),
    "steps": {
        "type": "array",
        "description": "what is done, in this order; the run ends at the first surprise",
        "minItems": 1,
    },
}
