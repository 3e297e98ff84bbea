"""Makes `impairment_signatures.py`: `python -m lab.api.make_signatures` (or `make generated`).

A new impairment is one file in `lab.agent.wire.impairments`; its method on a link comes from there.
"""

import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path

from lab.agent.wire import impairments, match, selection
from lab.net.parameters import Kind, Parameter

FILE = Path(__file__).with_name("impairment_signatures.py")
_HEAD = '''\
"""The impairments as methods of a link, with typed parameters (PEP 692).

Made from `lab.agent.wire` by: python -m lab.api.make_signatures. Do not edit.
"""
# ruff: noqa: E501
# fmt: off

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Required, TypedDict, Unpack

from lab.api.keyword_arguments import by_name

if TYPE_CHECKING:
    from lab.api.fault import LinkFault
'''
_METHODS = '''

class Impairments:
    """What a link may do to packets. Each method adds a fault, and returns it.

    All parameters are given by name; UsageError when they make no sense together.
    """

    def fault(self, impairment: str, **asked: Any) -> LinkFault:
        """Add a fault to the link."""
        raise NotImplementedError
'''
_METHOD = '''
    @by_name
    def {name}(self, **asked: Unpack[{options}]) -> LinkFault:
        """{help}."""
        return self.fault("{name}", **asked)
'''


def text() -> str:
    """Return what the file must be."""
    common = (*match.PARAMETERS, *selection.PARAMETERS)
    parts = [_HEAD, _options("Packets", "TypedDict", "Which packets a fault acts on.", common)]
    methods = [_METHODS]
    for name in impairments.names():
        impairment = impairments.load(name)
        first = inspect.cleandoc(impairment.__doc__ or "").partition("\n\n")[0]
        words = " ".join(first.split()).rstrip(".")
        options = "Packets"
        if impairment.PARAMETERS:
            options = f"{name.title()}Options"
            about = f"The parameters of `{name}`."
            parts.append(_options(options, "Packets", about, impairment.PARAMETERS))
        methods.append(_METHOD.format(name=name, options=options, help=words))
    return "".join([*parts, *methods])


def _options(name: str, base: str, about: str, parameters: Iterable[Parameter]) -> str:
    return "\n".join(["", "", *_class(name, base, about, parameters), ""])


def _class(name: str, base: str, about: str, parameters: Iterable[Parameter]) -> Iterator[str]:
    yield f"class {name}({base}, total=False):"
    yield f'    """{about}"""'
    yield ""
    for parameter in parameters:
        kind = _type(parameter)
        yield f"    {parameter.name}: {f'Required[{kind}]' if parameter.required else kind}"
        allowed = "" if parameter.choices else f" ({parameter.allowed})"
        yield f'    """{parameter.help}{allowed}."""'


def _type(parameter: Parameter) -> str:
    if issubclass(parameter.kind, Kind):
        return parameter.kind.ANNOTATION
    if parameter.choices:
        return _literal(parameter.choices)
    return parameter.kind.__name__


def _literal(choices: Iterable[str]) -> str:
    quoted = ", ".join(f'"{choice}"' for choice in choices)
    return f"Literal[{quoted}]"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
