"""`lab fault` and `lab partition`: faults that last until they are cleared, or their time is over.

The options of an impairment, of matches and selections come from the tables of the wire itself.
"""

import argparse
import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from lab import screen
from lab.agent.wire import impairments, match, selection
from lab.api import lifecycle
from lab.api.fault import FaultStatus
from lab.api.lab import Lab
from lab.api.link import Link, check_fault
from lab.commands import durations
from lab.engines import choice
from lab.errors import UsageError
from lab.net.parameters import Kind, Parameter

_FLAGS = next(one.choices for one in match.PARAMETERS if one.name == "tcp")
_LOST = {
    "overload_packets": "packets were lost: the wire could not keep up",
    "refused_packets": "copies and answers were not sent: the host's kernel refused them",
}
_EXAMPLES = """\
examples:
  lab fault add client server drop --syn --first 1
  lab fault add client server delay --delay-ms 100 --jitter-ms 20 --for 30s
  lab fault add server client drop --protocol udp --probability 0.1 --seed 7
  lab fault add client server reset --after-bytes 1000 --to receiver
  lab fault add server server drop --syn
`lab fault add SOURCE TARGET IMPAIRMENT --help` lists what it can be told."""


def fill_fault(fault: argparse.ArgumentParser, both: Sequence[argparse.ArgumentParser]) -> None:
    """Give the parser of `lab fault` what it takes; `both` have the options --lab and --json."""
    verbs = fault.add_subparsers(dest="verb", required=True, metavar="VERB")
    add = verbs.add_parser(
        "add",
        parents=both,
        help="put a fault on the link from one host to another",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add.add_argument(
        "source",
        metavar="SOURCE",
        help="the host that packets come from (or a service: all its replicas)",
    )
    add.add_argument(
        "target",
        metavar="TARGET",
        help="the host that they are for (or a service; SOURCE itself: its loopback)",
    )
    kinds = add.add_subparsers(dest="impairment", required=True, metavar="IMPAIRMENT")
    for name in impairments.names():
        _add_impairment(kinds, name)
    listing = verbs.add_parser("list", parents=both, help="show the faults, with counters")
    listing.set_defaults(run=_list)
    clear = verbs.add_parser("clear", parents=both, help="lift faults")
    clear.add_argument("faults", nargs="*", metavar="FAULT", help="as listed (default: all)")
    clear.set_defaults(run=_clear)


def fill_partition(cut: argparse.ArgumentParser) -> None:
    """Give the parser of `lab partition` what it takes, beside --lab and --json."""
    cut.add_argument("one", metavar="HOSTS", type=_group)
    cut.add_argument("other", metavar="HOSTS", type=_group)
    cut.add_argument("--one-way", action="store_true", help="only from the first to the second")
    _add_life(cut)
    cut.set_defaults(run=_partition)


def _add_impairment(kinds: Any, name: str) -> None:
    kind = impairments.load(name)
    text = (kind.__doc__ or "").strip()
    parser = kinds.add_parser(
        name,
        usage=f"lab fault add SOURCE TARGET {name} [OPTIONS]",
        help=text.partition("\n")[0],
        description="\n".join(line.strip() for line in text.splitlines()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for title, parameters in (
        (name, kind.PARAMETERS),
        ("which packets", match.PARAMETERS),
        ("which of those", selection.PARAMETERS),
    ):
        if parameters:
            group = parser.add_argument_group(title)
            for parameter in parameters:
                _add_parameter(group, parameter)
    flags = parser.add_argument_group("TCP flags, in short")
    for flag in _FLAGS:
        flags.add_argument(f"--{flag}", dest="tcp", action="store_const", const=flag)
    _add_life(parser)
    # As `add` has them, but so that what stands before SOURCE is not forgotten here.
    unless_given = argparse.SUPPRESS
    parser.add_argument("--lab", metavar="NAME", default=unless_given, help="(also before SOURCE)")
    parser.add_argument(
        "--json", action="store_true", default=unless_given, help="(also before SOURCE)"
    )
    parser.set_defaults(run=_add)


def _add_parameter(group: Any, parameter: Parameter) -> None:
    option = "--" + parameter.name.replace("_", "-")
    if parameter.kind is bool:
        group.add_argument(option, action=argparse.BooleanOptionalAction, help=parameter.help)
        return
    default = "" if parameter.default is None else f" (default {parameter.default})"
    group.add_argument(
        option,
        dest=parameter.name,
        required=parameter.required,
        metavar=_metavar(parameter),
        type=_reader(parameter),
        choices=parameter.choices or None,
        help=f"{parameter.help}{_listed(parameter)}{default}",
    )


def _reader(parameter: Parameter) -> Callable[[str], Any]:
    if issubclass(parameter.kind, Kind):
        return parameter.kind.from_words
    return str if parameter.kind is str else _number(parameter)


def _metavar(parameter: Parameter) -> str:
    if parameter.choices:
        return "WORD"
    if issubclass(parameter.kind, Kind):
        return "TEXT"
    unit = parameter.name.rpartition("_")[2]
    return unit.upper() if unit in {"ms", "bytes", "bps", "packets"} else "N"


def _listed(parameter: Parameter) -> str:
    # Words that the help does not explain already.
    unexplained = [word for word in parameter.choices if word not in parameter.help]
    return f": {', '.join(parameter.choices)}" if unexplained else ""


def _number(parameter: Parameter) -> Any:
    def convert(text: str) -> float:
        try:
            return int(text)
        except ValueError:
            pass
        try:
            return float(text)
        except ValueError:
            why = f"{text!r}: must be {parameter.allowed}"
            raise argparse.ArgumentTypeError(why) from None

    return convert


def _add_life(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--for",
        dest="for_ms",
        type=durations.milliseconds,
        metavar="TIME",
        help="lift it after 500ms, 30s, 2m, ... (default: until cleared, or the host ends)",
    )


def _group(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _lab(arguments: argparse.Namespace) -> Lab:
    return lifecycle.find(choice.Usable(), arguments.lab)


def _add(arguments: argparse.Namespace) -> int:
    kind = impairments.load(arguments.impairment)
    names = [p.name for p in (*kind.PARAMETERS, *match.PARAMETERS, *selection.PARAMETERS)]
    given = {name: getattr(arguments, name) for name in names}
    asked = {name: value for name, value in given.items() if value is not None}
    check_fault(arguments.impairment, asked)
    lab = _lab(arguments)
    links = lab.links(arguments.source, arguments.target)
    added = _add_all(lab, links, arguments.impairment, asked, arguments.for_ms)
    return _show(added, arguments)


def _partition(arguments: argparse.Namespace) -> int:
    lab = _lab(arguments)
    links = lab.links_between(arguments.one, arguments.other, one_way=arguments.one_way)
    return _show(_add_all(lab, links, "drop", {}, arguments.for_ms), arguments)


def _add_all(
    lab: Lab, links: Iterable[Link], impairment: str, asked: dict[str, Any], for_ms: float | None
) -> list[FaultStatus]:
    """Put a fault on each of these links, or on none."""
    added: list[FaultStatus] = []
    try:
        for link in links:
            added.append(link.add(impairment, asked, stay=True, for_ms=for_ms).added)
    except BaseException:
        lab.lift(added)
        raise
    return added


def _list(arguments: argparse.Namespace) -> int:
    lab = _lab(arguments)
    faults = lab.faults(over=True)
    lost = {"overload_packets": lab.overload_packets(), "refused_packets": lab.refused_packets()}
    if arguments.json:
        print(json.dumps({"faults": [_fields(fault) for fault in faults], **lost}, indent=2))
        return 0
    if faults:
        screen.out.print(screen.fault_table(faults), crop=False)
    else:
        screen.out.print(f"no fault is on the links of lab {lab.name}", markup=False)
    for counter, why in _LOST.items():
        if lost[counter]:
            screen.err.print(f"{lost[counter]} {why}", style="red")
    return 0


def _clear(arguments: argparse.Namespace) -> int:
    lab = _lab(arguments)
    there = {fault.id: fault for fault in lab.faults(over=True)}
    for name in arguments.faults:
        if name not in there:
            listed = ", ".join(there) or "none"
            text = f"fault {name!r}: not in force (there: {listed})"
            raise UsageError(text)
    chosen = [there[name] for name in arguments.faults] or list(there.values())
    gone = {fault.id: "lifted" if fault.active else "over" for fault in chosen}
    return _show(lab.lift(chosen), arguments, gone)


def _show(
    faults: Sequence[FaultStatus],
    arguments: argparse.Namespace,
    gone: Mapping[str, str] = MappingProxyType({}),
) -> int:
    if arguments.json:
        print(json.dumps([_fields(fault) for fault in faults], indent=2))
        return 0
    for line in _lines(faults, gone):
        screen.out.print(line, markup=False)
    if not faults:
        screen.out.print("no fault is in force", markup=False)
    return 0


def _lines(faults: Iterable[FaultStatus], gone: Mapping[str, str]) -> Iterable[str]:
    for fault in faults:
        line = f"{fault.id}: {fault.source} -> {fault.target}: {fault.text}"
        if how := gone.get(fault.id):
            acted = f"acted on {fault.acted_packets} of" if fault.acted_packets else "never acted,"
            line += f"; {how}, {acted} {fault.matched_packets} packets matched"
        yield line


def _fields(fault: FaultStatus) -> dict[str, Any]:
    return {"id": fault.id, **dataclasses.asdict(fault)}
