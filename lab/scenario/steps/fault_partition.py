"""`fault: partition`: no packet comes from one side to the other."""

from dataclasses import dataclass
from typing import ClassVar, Self

from lab.agent.wire import match, selection
from lab.errors import on_both_sides
from lab.scenario import keys, values
from lab.scenario.hosts import Hosts
from lab.scenario.keys import Keys, Schema
from lab.scenario.reading import Reading
from lab.scenario.steps.fault_link import HELP, LINK_KEYS, LinkFaultStep
from lab.scenario.yaml import Mapping

_KEYS: Keys = {
    **LINK_KEYS,
    "between": {
        "description": "two hosts, or two lists of them: [client, server]",
        "type": "array",
        "items": keys.words("one side"),
        "minItems": 2,
        "maxItems": 2,
    },
    "one_way": keys.flag("only from the first to the second"),
}


@dataclass(frozen=True, slots=True)
class PartitionStep(LinkFaultStep):
    """Every packet of the links between two sides is dropped."""

    HELP: ClassVar = HELP
    DEFINITIONS: ClassVar = ()

    @classmethod
    def kinds(cls) -> dict[str, str]:
        return {"partition": "no packet comes from one side to the other"}

    @classmethod
    def schema(cls, kind: str) -> Schema:
        word = {"fault": {"const": kind, "description": cls.kinds()[kind]}}
        return keys.mapping({**_KEYS, **word}, needed=("fault", "between"))

    @classmethod
    def read(cls, step: Mapping, reading: Reading) -> Self:
        for parameter in (*match.PARAMETERS, *selection.PARAMETERS):
            if parameter.name in step:
                text = "a partition is of every packet; for some of them drop on each link, please"
                raise step.error(parameter.name, text)
        step.only(*_KEYS)
        return cls.made(step, reading, "drop", _links(step, reading.hosts))


def _links(step: Mapping, hosts: Hosts) -> list[tuple[str, str]]:
    written = [[side] if isinstance(side, str) else side for side in step.need("between", list)]
    if len(written) != 2 or not all(values.are_words(side) and side for side in written):
        raise step.error("between", "must be two hosts, or two lists of them: [client, server]")
    groups = [
        dict.fromkeys(
            one for name in side for one in values.known_hosts(step, "between", name, hosts)
        )
        for side in written
    ]
    if both := set(groups[0]) & set(groups[1]):
        raise step.error("between", on_both_sides(both))
    links = [(one, other) for one in groups[0] for other in groups[1]]
    if not step.get("one_way", bool, default=False):
        links += [(other, one) for one, other in links]
    return links
