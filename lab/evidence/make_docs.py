"""Makes the tables of `docs/evidence.md` of the classes: `python -m lab.evidence.make_docs`.

What stands between its marks is replaced; all else of the page is written by hand. A new kind
or field is one class or attribute in `lab.evidence.events`, with its docstring.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from lab.evidence.events import KINDS, Event, StepEvent, calls, faults, printed, run, traces
from lab.evidence.verdict import Judgement
from lab.evidence.verdict_file import RecordedVerdict

FILE = Path(__file__).parents[2] / "docs" / "evidence.md"
BEGIN = "<!-- Made of the classes by: python -m lab.evidence.make_docs. Do not edit. -->\n"
END = "<!-- The end of what is made. -->\n"
_MODULES = (run, calls, traces, faults, printed)
_UNITS = {
    "ns": "nanoseconds",
    "s": "seconds",
    "bytes": "bytes",
    "packets": "packets",
    "lines": "lines",
}
_NAMES = {str: "text", int: "integer", float: "number", bool: "true or false", Any: "any JSON"}


def made(page: str) -> str:
    """Return a page with the tables as they are now. ValueError when it has not their marks."""
    head, *parts = page.split(BEGIN)
    made_parts = [head]
    for table, part in zip((_events(), _verdict()), parts, strict=True):
        _, end, tail = part.partition(END)
        if not end:
            text = f"{FILE.name}: tables without {END!r}"
            raise ValueError(text)
        made_parts.append(f"\n{table}\n{END}{tail}")
    return BEGIN.join(made_parts)


def _verdict() -> str:
    head = "A judgement is an object, too:"
    return "\n".join([*_table(RecordedVerdict), "", head, "", *_table(Judgement)]) + "\n"


def _events() -> str:
    kinds = [cls for module in _MODULES for cls in KINDS.values() if _is_of(cls, module)]
    # Those of a verb that is not in the package stand in its own documentation.
    ours = [cls for cls in KINDS.values() if cls.__module__.startswith("lab.")]
    assert len(kinds) == len(ours), "a module is missing here"
    nested: list[type] = [
        cls
        for module in _MODULES
        for cls in vars(module).values()
        if isinstance(cls, type) and is_dataclass(cls) and _is_of(cls, module) and cls not in kinds
    ]
    parts = ["| Kind | Class | Has `step` | What |", "| --- | --- | --- | --- |"]
    for cls in kinds:
        first = _doc(cls).partition(". ")[0].rstrip(".")
        step = "yes" if issubclass(cls, StepEvent) else ""
        parts.append(f"| [`{cls.KIND}`](#{cls.KIND}) | `{cls.__name__}` | {step} | {first} |")
    common = [*_table(Event), *_rows(StepEvent, without=Event)]
    parts += [
        "",
        "Every event has `kind` and `time_ns`, and those of steps have `step`. What `number` and",
        "`digest` of a line are for stands [above](#damage).",
        "",
        *common,
    ]
    for cls in kinds:
        parts += ["", f"### {cls.KIND}", "", _doc(cls)]
        base = StepEvent if issubclass(cls, StepEvent) else Event
        if list(_rows(cls, without=base)):
            parts += ["", *_table(cls, without=base)]
    for other in nested:
        parts += ["", f"### {other.__name__}", "", _doc(other), "", *_table(other)]
    return "\n".join(parts) + "\n"


def _is_of(cls: Any, module: Any) -> bool:
    return bool(cls.__module__ == module.__name__)


def _doc(cls: type) -> str:
    return " ".join((cls.__doc__ or "").split())


def _table(cls: Any, *, without: Any = None) -> Iterator[str]:
    """Yield the lines of a table of fields, those of a base class left out."""
    yield "| Field | Type | Unit | What |"
    yield "| --- | --- | --- | --- |"
    yield from _rows(cls, without=without)


def _rows(cls: Any, *, without: Any = None) -> Iterator[str]:
    hints, docs = get_type_hints(cls), field_docs(cls)
    inherited = {one.name for one in fields(without)} if without else set()
    for field in fields(cls):
        if field.name not in inherited:
            unit = _UNITS.get(field.name.rpartition("_")[2], "") if "_" in field.name else ""
            yield f"| `{field.name}` | {_type(hints[field.name])} | {unit} | {docs[field.name]} |"


def _type(hint: Any) -> str:
    """Return a type as people who read JSON call it."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is UnionType:
        (inner,) = set(arguments) - {NoneType}
        return f"{_type(inner)}, or null"
    if origin is tuple:
        return f"list of {_type(arguments[0])}"
    if origin is not None:
        assert issubclass(origin, Mapping)
        return f"object: name to {_type(arguments[1])}"
    return _NAMES[hint] if hint in _NAMES else _class(hint)


def _class(cls: Any) -> str:
    if issubclass(cls, Enum):
        return " or ".join(f"`{one}`" for one in cls)
    return "judgement" if cls is Judgement else f"[{cls.__name__}](#{cls.__name__.lower()})"


def field_docs(cls: type) -> dict[str, str]:
    """Return what stands below each field of a class, its bases included. KeyError: nothing."""
    docs: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if is_dataclass(base):
            docs |= _own_field_docs(base)
    return docs


def _own_field_docs(cls: type) -> dict[str, str]:
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(body, ast.ClassDef)
    docs = {}
    for field, below in zip(body.body, body.body[1:], strict=False):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(ast.Constant(value=str(text))):
                docs[name] = " ".join(text.split())
    return docs


if __name__ == "__main__":
    FILE.write_text(made(FILE.read_text(encoding="utf-8")), encoding="utf-8")
