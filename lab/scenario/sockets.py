"""The sockets that a call uses and makes, by the names that a file gives them; their addresses."""

import re
from typing import Any

from lab.agent import calls
from lab.agent.call_server.values import Address
from lab.scenario.names import Names
from lab.scenario.yaml import Mapping

_PORT = re.compile(r":-?\d+")  # any: Python itself refuses one that is too large


def note(step: Mapping, names: Names, on: str, call: str, arguments: dict[str, Any]) -> None:
    """Note those that it makes; refuse those that are not there, and addresses without a port."""
    internet = arguments.get("family") not in {"unix", "AF_UNIX"} and call != "socketpair"
    for key in calls.uses(call):
        if key in arguments:
            names.use_socket(step, key, on, str(arguments[key]))
            internet = names.is_internet(on, str(arguments[key]))
    for parameter in calls.parameters(call):
        if parameter.kind is Address and internet and parameter.name in arguments:
            _refuse_portless(step, parameter.name, str(arguments[parameter.name]))
    for key in calls.makes(call):
        for made in _listed(arguments.get(key)):
            names.make_socket(step, key, on, made, internet=internet)


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _refuse_portless(step: Mapping, key: str, text: str) -> None:
    _, colon, port = text.rpartition(":")
    if not _PORT.fullmatch(colon + port):
        hint = "" if colon else f'; did you mean "{text}:21567", or another port?'
        raise step.wrong(key, f"{text!r} must be host:port, the port a number{hint}")
