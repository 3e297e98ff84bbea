"""The JSON Schema (draft 2020-12) of scenario files, for editors; made of what reads them.

What it refuses the reader refuses, too. The reader knows more: hosts, names, what makes no sense
together.
"""

from collections.abc import Iterable

from lab.scenario import conditions, keys, steps
from lab.scenario.keys import Definition, Schema


def schema() -> Schema:
    """Return it."""
    entries = {**keys.FILE["steps"], "items": {"$ref": "#/$defs/step"}}
    head = keys.mapping({**keys.FILE, "steps": entries}, needed=("title", "shows", "steps"))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Socket Lab scenario",
        "description": "What hosts do, what the network does to them, what each call must return.",
        **head,
        **keys.one_of(["hosts", "compose"]),
        "$defs": {
            **{one.name: one.schema for one in _shared()},
            "step": _step(),
            **{name: found for verb in steps.table() for name, found in _verb(verb).items()},
        },
    }


def _shared() -> Iterable[Definition]:
    """Return the definitions that steps and conditions refer to, each once."""
    classes = [one for several in steps.table().values() for one in several]
    found = [shared for one in classes for shared in one.DEFINITIONS]
    found += [shared for one in conditions.table().values() for shared in one.DEFINITIONS]
    return {one.name: one for one in found}.values()


def _step() -> Schema:
    table = steps.table()
    return {
        "type": "object",
        "description": "one thing that is done, and what must come of it",
        "properties": {verb: {"description": table[verb][0].HELP} for verb in table},
        **keys.one_of(table),
        "allOf": [
            {"if": {"required": [verb]}, "then": {"$ref": f"#/$defs/{verb}"}} for verb in table
        ],
    }


def _verb(verb: str) -> dict[str, Schema]:
    """Return the definition of a verb, and of each word that decides what else may stand there."""
    kinds = steps.kinds(verb)
    if not kinds:
        return {verb: steps.table()[verb][0].schema("")}
    by_kind = {f"{verb}-{kind}": one.schema(kind) for kind, one in kinds.items()}
    chosen = {
        "properties": {verb: {"description": steps.table()[verb][0].HELP, "enum": list(kinds)}},
        "allOf": [
            {
                "if": {"properties": {verb: {"const": kind}}, "required": [verb]},
                "then": {"$ref": f"#/$defs/{verb}-{kind}"},
            }
            for kind in kinds
        ],
    }
    return {verb: chosen, **by_kind}
