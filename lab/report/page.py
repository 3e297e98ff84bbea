"""Puts the facts into the page: the template, with its style and script in it."""

import base64
import hashlib
import json
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from lab.evidence.os_errors import naming
from lab.report.call_text import duration
from lab.report.callers import callers
from lab.report.entries import Kind
from lab.report.facts import MOST_PACKETS, MOST_TRACED, facts
from lab.report.legend import legend
from lab.report.model import Run
from lab.report.overview import mark
from lab.report.packet_columns import on_the_page
from lab.report.payload import payload
from lab.report.picture import draw
from lab.report.printed import by_hosts
from lab.report.summary import verdict_summary
from lab.report.topology import topology

_SCRIPT = ("words", "draw", "items", "groups", "selection", "input", "print")
SIGNS = {
    "PASS": "\N{CHECK MARK}",
    "FAIL": "\N{MULTIPLICATION X}",
    "UNKNOWN": "?",
}


def render(run: Run) -> str:
    """Return the page of a run."""
    picture = draw(run)
    script = _script()
    here = on_the_page(run, picture)
    first = frozenset(one.number for one in run.packets[:MOST_PACKETS])
    kinds = {row.kind for row in picture.rows}
    return (
        environment()
        .get_template("page.html")
        .render(
            run=run,
            mark=mark(run),
            picture=picture,
            topology=topology(run),
            sentence=verdict_summary(run),
            sign=SIGNS[run.verdict],
            when=_when(run.began_ns),
            lasted=duration(run.ended_ns - run.began_ns),
            legend=legend(run, picture),
            kinds=_kinds(kinds | {Kind.TRACED} if run.traced else kinds),
            facts=facts(run),
            callers=callers(run.traced),
            printed=by_hosts(run),
            listed=MOST_PACKETS,
            most_traced=MOST_TRACED,
            left_out=len(here - first),
            elsewhere=len(run.packets) - len(here | first),
            data=inline_json(payload(run, picture)),
            style=Markup(source("page.css")),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            script_hash=script_hash(script),
        )
    )


def _when(time_ns: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(time_ns / 1e9, tz=UTC) if time_ns else None
    except (ValueError, OverflowError, OSError):  # damaged: beyond any calendar
        return None


def write(path: Path, text: str) -> None:
    """Write a page. Half of a surrogate pair, which no UTF-8 is for, stands there as an escape.

    It is the escape of JSON and of Python both, so that the page's script reads its data.
    """
    with naming(path):
        path.write_text(text, encoding="utf-8", errors="backslashreplace")


def _kinds(kinds: set[Kind]) -> list[tuple[str, str]]:
    """Return the kinds of rows that a reader can choose from, and their names."""
    names = {"call": "Calls", "traced": "Calls of programs", "program": "Programs"}
    names |= {"packet": "Packets", "fault": "Faults"}
    names |= {"log": "Log lines", "printed": "Printed lines", "note": "Notes"}
    there = {str(kind).partition("-")[0] for kind in kinds}
    there |= {"packet"} if {"group", "transfer"} & there else set()
    return [(kind, name) for kind, name in names.items() if kind in there]


@cache
def environment() -> Environment:
    """Return the templates' environment: what comes from evidence is escaped, always."""
    made = Environment(
        loader=FunctionLoader(source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["span"] = duration
    return made


@cache
def source(name: str) -> str:
    """Return the text of a file that belongs to the page."""
    return (resources.files("lab.report") / "templates" / name).read_text(encoding="utf-8")


@cache
def _script() -> str:
    parts = "\n".join(source(f"script/{name}.js") for name in _SCRIPT)
    return f'(() => {{\n"use strict";\n{parts}}})();'


def inline_json(value: Any) -> Markup:
    """Return JSON that can stand within a script element, whatever texts are in it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - what could end the element is escaped


def script_hash(script: str) -> str:
    """Return what the page's policy names its script by: no other script runs there."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
