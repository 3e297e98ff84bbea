"""Scenario files: what is read, and each mistake with its line and a way out."""

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.errors import ScenarioError
from lab.scenario import catalogue
from lab.scenario.conditions.output import Output
from lab.scenario.hosts import Hosts
from lab.scenario.reader import read
from lab.scenario.steps.call import CallStep
from lab.scenario.steps.expect import ExpectStep
from lab.scenario.steps.fault_link import LinkFaultStep
from lab.scenario.steps.lift import LiftStep
from lab.scenario.steps.run import RunStep
from lab.scenario.steps.send import SendStep

HEAD = "title: A title\nshows: what it shows\nhosts: [server, client]\nsteps:\n"
LISTEN = "  - {on: server, call: listen, as: door, port: 21567}\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_scenario_is_its_steps_in_order(tmp_path: Path) -> None:
    steps = (
        LISTEN
        + "  - {fault: drop, link: client -> server, tcp: syn, first: 1, as: loss}\n"
        + '  - {on: client, call: connect, as: c, to: "server:21567", after: 900ms, within: 5s}\n'
        + "  - {lift: loss, acted: 1}\n"
        + "  - {expect: {packets: {link: client -> server, tcp: syn}, count: 2}}\n"
    )
    scenario = read(written(tmp_path, HEAD + steps))
    assert (scenario.name, scenario.hosts, scenario.seed) == ("scenario", ("server", "client"), 1)
    listen, fault, connect, lift, expect = scenario.steps
    assert isinstance(listen, CallStep)
    assert listen.line == 5
    assert isinstance(fault, LinkFaultStep)
    assert (fault.links, fault.asked) == ((("client", "server"),), {"tcp": "syn", "first": 1})
    assert isinstance(connect, CallStep)
    assert (connect.expected.after_s, connect.expected.within_s) == (0.9, 5.0)
    assert isinstance(lift, LiftStep)
    assert lift.acted == 1
    assert isinstance(expect, ExpectStep)
    assert expect.condition.count == 2


@pytest.mark.parametrize("path", catalogue.paths(), ids=lambda path: path.stem)
def test_the_catalogue_can_be_read(path: Path) -> None:
    scenario = read(path)
    assert scenario.shows
    assert scenario.reproduces


def test_names_of_the_catalogue_are_unique() -> None:
    names = [path.stem for path in catalogue.paths()]
    assert len(names) == len(set(names)) >= 45


@pytest.mark.parametrize(
    ("step", "line"),
    [
        (
            "  - {on: clint, call: listen, as: d, port: 1}",
            "on: 'clint' is no host; did you mean cl",
        ),
        ("  - {on: client, call: recvv, socket: c}", "'recvv' is no call; did you mean recv?"),
        ("  - {on: client, call: recv, socket: c}", "'c': client has no such socket yet"),
        (
            "  - {on: server, call: accept, sockt: door, as: s}",
            "sockt: unknown; did you mean socket",
        ),
        ("  - {fault: drop, link: client -> server, probability: 1.5}", "must be a number from 0"),
        ("  - {fault: drop, link: client - server}", "must be a link like client -> server"),
        ("  - {fault: explode, on: server}", "'explode' is no fault"),
        (
            "  - {fault: partition, between: [client, server], idle_ms: 500}",
            "idle_ms: a partition is of every packet; for some of them drop on each link, please",
        ),
        ("  - {lift: nothing}", "'nothing' is not in force"),
        ("  - {collect: nothing}", "nothing of that name is under way"),
        ("  - {on: server, call: accept, socket: door, as: s, within: 5}", "must be text"),
        ("  - {on: server, call: accept, socket: door, as: s, within: soon}", "a duration like"),
        (
            "  - {on: server, call: accept, socket: door, as: s, gives: x, raises: E}",
            "beside gives",
        ),
        ("  - {expect: {fault: loss, acted: 1}}", "no fault of the wire has that name"),
        ("  - {wait: {syslog: '('}}", "is no regular expression"),
        ("  - {expect: {syslog: x, count: 0}}", "no host here has a syslog"),
        ("  - {expect: {output: x, ident: y}}", "ident: is of syslog, not of output"),
        ("  - {on: server, sysctl: {kernel.panic: 1}}", "only net.* is a host's own"),
        (
            "  - {on: client, call: connect, as: c, to: server}",
            """'server' must be host:port, the port a number; did you mean "server:21567\"""",
        ),
        ('  - {on: client, call: connect, as: c, to: "server:x"}', "must be host:port"),
        ("  - {on: server, call: bind, as: s, address: server}", "address: 'server' must be host"),
        (
            "  - {on: server, call: accept, socket: door, as: s, raises: ECONREFUSED}",
            "no errno, EAI name or exception, such as ECONNRESET or TimeoutError; did you mean E",
        ),
        ("  - {on: server, call: accept, socket: door, as: s, gives: {}}", "an empty mapping says"),
        (
            "  - {on: server, call: accept, socket: door, as: s, gives: [{data: {hex: 636166}}]}",
            "00ff} or {repeat: x, times: 10000}; quote the digits",
        ),
        (
            "  - {on: server, call: accept, socket: door, as: s, gives_length: -1}",
            "gives_length: -1 must be 0 or more",
        ),
        (
            "  - {on: server, call: accept, socket: door, as: s, within: 99999999999s}",
            "'99999999999s' is too long; a day (24h) is the most",
        ),
        ("  - {fault: kill, on: server, signal: TREM}", "'TREM' is no signal; did you mean TERM?"),
        ("  - {fault: kill, on: server, signal: SIGHUP}", "no signal; did you mean HUP?"),
        ("  - {fault: drop, link: client -> server, as: ''}", "as: a name, please"),
        ("  - {wait: {output: x}}", "output: of which program? say of:"),
        (
            "  - {wait: {packets: {link: client -> server, fate: delivered}}}",
            "fate: is not known yet while one waits; expect can ask",
        ),
        ("  - {wait: {packets: {link: client -> server}, count: 0}}", "count: 0 is there at once"),
        ("  - {wait: {packets: {link: client -> server}, count: -1}}", "-1 must be 0 or more"),
        ("  - {expect: {packets: {link: client -> server}, count: -1}}", "-1 must be 0 or more"),
        ("  - {expect: {packets: {link: client -> server}, at_least: 0}}", "0 must be 1 or more"),
        ('  - {on: server, run: ["sleep", "1\\0"]}', "no program can be given a zero byte"),
        ("  - {on: server, run: ['']}", "run: a program, please"),
        ("  - {on: server, run: 'true', later: ''}", "later: a name, please"),
        ("  - {on: server, cal: listen, as: d}", "did you mean call?"),
        ("  - {on: server, call: !!bool foo}", "not YAML: 'foo' is no !!bool"),
        ("  - {on: server, call: !!int ''}", "not YAML: '' is no !!int"),
        ("  - {on: server, call: !!float ''}", "not YAML: '' is no !!float"),
        ("  - {on: server, call: !!binary aGk=}", "!!binary: bytes are written as {hex: 00ff}"),
        ("  - hello", "a step must be a mapping"),
        ("  - {on: server}", "a step has one of call, collect"),
        ("  - {on: server, on: client, call: recv}", "on is there already, in line 6; keep one"),
    ],
)
def test_a_wrong_step_is_named_with_its_line(tmp_path: Path, step: str, line: str) -> None:
    path = written(tmp_path, HEAD + LISTEN + step + "\n")
    with pytest.raises(ScenarioError) as refused:
        read(path)
    text = str(refused.value)
    number = 4 if step == "  - hello" else 6
    assert text.startswith(f"{path}:{number}: ")
    assert line in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "must be a mapping"),
        ("title: [", "not YAML"),
        ("title: x\n", "shows: is missing"),
        ("title: x\nshows: y\nsteps: []\n", "hosts or compose: give one of them"),
        ("title: x\nshows: y\nhosts: [a]\nsteps: []\n", "must have at least one step"),
        ("title: x\nshows: y\nhosts: [A B]\nsteps: [x]\n", "must be a host name"),
        ("title: x\nshows: y\ncompose: none.yaml\nsteps: [x]\n", "No such file"),
        ("title: x\nshows: y\nhosts: [a]\nstep: [x]\n", "did you mean steps?"),
        ('title: x\nshows: y\ncompose: "a\\0b"\nsteps: [x]\n', "embedded null byte"),
        ("title: x\nshows: y\nhosts: [a]\nseed: 1000000000001\nsteps: [x]\n", "0 to 1000000000000"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        read(written(tmp_path, text))
    assert line in str(refused.value)


def test_a_mistake_in_the_compose_file_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "machines.yaml").write_text("services:\n  one: [\n", encoding="utf-8")
    path = written(tmp_path, "title: x\nshows: y\ncompose: machines.yaml\nsteps: [x]\n")
    with pytest.raises(ScenarioError) as refused:
        read(path)
    assert str(refused.value).startswith(
        f"{path}:3: compose: {tmp_path / 'machines.yaml'}:3: not Y"
    )


def test_what_compose_resets_is_no_host(tmp_path: Path) -> None:
    text = "services:\n  one:\n    image: x\n    ports: !override [80]\n  two: !reset null\n"
    (tmp_path / "machines.yaml").write_text(text, encoding="utf-8")
    step = "steps:\n  - {on: one, call: listen, as: d, port: 1}\n"
    scenario = read(written(tmp_path, f"title: x\nshows: y\ncompose: machines.yaml\n{step}"))
    assert scenario.hosts == ("one",)


def test_aliases_that_stand_for_too_much_are_refused_at_once(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
    with pytest.raises(ScenarioError, match="its aliases stand for more than 100000 values"):
        read(written(tmp_path, bomb))


@pytest.mark.parametrize("text", ["12:30", "2026-01-01", "yes", "on"])
def test_a_scalar_is_what_a_compose_file_takes_it_for(tmp_path: Path, text: str) -> None:
    step = f"  - {{on: server, call: gethostname, gives: {text}}}\n"
    (call,) = read(written(tmp_path, HEAD + step)).steps
    assert isinstance(call, CallStep)
    assert call.expected.gives == text


def test_anchors_may_be_merged_as_in_a_compose_file(tmp_path: Path) -> None:
    step = "  - &first {on: server, call: gethostname}\n  - {<<: *first, on: client}\n"
    first, second = read(written(tmp_path, HEAD + step)).steps
    assert isinstance(first, CallStep)
    assert isinstance(second, CallStep)
    assert (first.on, second.on, second.call) == ("server", "client", "gethostname")


def test_what_contains_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="a part of it contains itself"):
        read(written(tmp_path, f"{HEAD}  - &a {{on: server, call: *a}}\n"))


COMPOSE_HEAD = "title: x\nshows: y\ncompose: machines.yaml\nsteps:\n"


@pytest.mark.parametrize(
    ("services", "said"),
    [
        ("one: {image: x, profiles: [debug]}", "all its services have profiles"),
        (
            "one: {image: x, profiles: [debug]}, two: {image: x}",
            "5: on: 'one' is a host only with the profile debug; ask for it with COMPOSE_PROFILES",
        ),
        ("one: {image: x, depends_on: [two]}, two: {image: x, profiles: [p]}", "which only the"),
        ("one: {image: x, profile: debug}", "no such key in a compose file"),
        ("one: {image: x, comand: sleep}", "no such key in a compose file; did you mean command?"),
        ("one: {image: x, stop_grace_period: soon}", "machines.yaml:1: services.one.stop_grace"),
        ("one: {image: x, stop_signal: SOON}", "no signal, such as SIGINT"),
        ("one: {image: x, healthcheck: {test: x, interval: soon}}", "must be a duration"),
        ("one: {image: x, depends_on: [three]}", "depends on three, which is not there"),
        (
            "one: {image: x, depends_on: [two]}, two: {image: x, depends_on: [one]}",
            "goes in a circle: ",
        ),
        ("one: {command: sh}", "services.one needs an image, or a build to make one"),
    ],
)
def test_what_the_compose_file_would_not_start_is_refused(
    tmp_path: Path, services: str, said: str
) -> None:
    (tmp_path / "machines.yaml").write_text(f"services: {{{services}}}\n", encoding="utf-8")
    step = "  - {on: one, call: gethostname}\n"
    with pytest.raises(ScenarioError, match=re.escape(said)):
        read(written(tmp_path, COMPOSE_HEAD + step))


def test_a_profile_that_is_asked_for_makes_its_services_hosts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "services: {one: {image: x, profiles: [debug]}, two: {image: x}}\n"
    (tmp_path / "machines.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("COMPOSE_PROFILES", "debug")
    step = "  - {on: one, call: gethostname}\n"
    assert read(written(tmp_path, COMPOSE_HEAD + step)).hosts == ("one", "two")


def test_two_faults_without_a_name_may_stand_in_one_line(tmp_path: Path) -> None:
    one, other = (
        f"{{fault: drop, link: {link}}}" for link in ("client -> server", "server -> client")
    )
    scenario = read(written(tmp_path, f"{HEAD}  [{one}, {other}]\n"))
    faults = [step for step in scenario.steps if isinstance(step, LinkFaultStep)]
    assert len({fault.name for fault in faults}) == len(faults) == 2


def test_the_path_of_a_unix_socket_needs_no_port(tmp_path: Path) -> None:
    steps = (
        "  - {on: server, call: listen, as: d, family: unix, address: d.sock}\n"
        "  - {on: server, call: socket, as: c, family: AF_UNIX}\n"
        "  - {on: server, call: connect, socket: c, to: d.sock}\n"
        "  - {on: server, call: connect, as: e, family: ipv6, to: '[fe80::1%eth0]:1'}\n"
    )
    assert len(read(written(tmp_path, HEAD + steps)).steps) == 4


@pytest.mark.parametrize("name", ["...yaml", "..yaml"])
def test_a_file_must_have_a_name_that_its_evidence_can_have(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(HEAD + LISTEN, encoding="utf-8")
    with pytest.raises(ScenarioError, match="must have a name before its ending"):
        read(tmp_path / name)


def test_a_file_whose_name_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="its path is not UTF-8 text; rename it"):
        read(tmp_path / "\udcff.yaml")


def test_compose_files_of_a_folder_are_no_scenarios(tmp_path: Path) -> None:
    mine = written(tmp_path, HEAD + LISTEN)
    (tmp_path / "compose.yaml").write_text("services: {one: {image: x}}\n", encoding="utf-8")
    assert catalogue.chosen([str(tmp_path)]) == [mine]


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "  - {lift: one}\n" + LISTEN + "  - {lift: two}\n")
    with pytest.raises(ScenarioError) as refused:
        read(path)
    assert [line.split(":")[1] for line in str(refused.value).splitlines()] == ["5", "7"]


@settings(deadline=None)  # it writes files, on a machine that may be busy
@given(
    st.text(alphabet="{}[]:,-> \n\tabcdefghijklmnopqrstuvwxyz0123456789'\"&*!%@`|", max_size=200)
)
def test_any_text_is_a_scenario_or_refused(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    with contextlib.suppress(ScenarioError):
        assert read(path).steps


def mistakes(folder: Path, steps: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        read(written(folder, HEAD + steps))
    prefix = f"{folder / 'scenario.yaml'}:"
    return [line.removeprefix(prefix) for line in str(caught.value).splitlines()]


def test_what_a_refused_step_would_have_made_is_no_second_mistake(tmp_path: Path) -> None:
    steps = (
        "  - {on: client, run: cat, later: program, output: x}\n"
        "  - {wait: {output: x, of: program}}\n"
        "  - {collect: program, exit: 0}\n"
        "  - {on: server, call: listen, as: door, port: 21567, nonsense: 1}\n"
        "  - {on: server, call: accept, socket: door, as: s}\n"
        "  - {fault: drop, link: client -> server, frist: 1, as: loss}\n"
        "  - {lift: loss, acted: 1}\n"
    )
    assert mistakes(tmp_path, steps) == [
        "5: output: belongs to the step that collects it, not beside later",
        "8: nonsense: unknown; it may be one of "
        + mistakes(tmp_path, steps)[1].partition("of ")[2],
        "10: frist: unknown; did you mean first?",
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("TcpExtListenOverflow", "did you mean TcpExtListenOverflows?"),
        ("ListenOverflows", "the kernel has no counter of that name"),
        ("", "the kernel has no counter of that name; nstat -az lists them"),
    ],
)
def test_a_counter_that_the_kernel_has_not(tmp_path: Path, name: str, said: str) -> None:
    steps = f'  - {{on: client, call: counter, name: "{name}", gives: 0}}\n'
    (line,) = mistakes(tmp_path, steps)
    assert line.startswith(f"5: name: {name!r}: the kernel has no counter of that name")
    assert said in line


def test_evidence_with_a_counter_of_another_kernel_can_be_judged(tmp_path: Path) -> None:
    steps = "  - {on: client, call: counter, name: FutureCounter, gives: 0}\n"
    path = written(tmp_path, HEAD + steps)
    assert len(read(path, hosts=Hosts.of(["server", "client"])).steps) == 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("blocks: 1s, within: 2s", "within: cannot stand beside blocks"),
        ("blocks: 1s, exit: 0", "exit: cannot stand beside blocks: the program has not ended by"),
        ("after: 3s, within: 2s", "after: must be shorter than within (2s)"),
        ("after: 1s, blocks: 2s", "after: cannot stand beside blocks"),
        ("environment: A=1", "environment: must be a mapping ({TZ: UTC}) or a list ([TZ=UTC]), "),
        ("environment: [A]", "environment: 'A' must be NAME=value; a scenario takes no value"),
        ("environment: [{A: 1}]", "environment: {'A': 1} must be NAME=value"),
        ("environment: [A=1, A=2]", "environment: A stands there twice"),
        ('environment: ["=1"]', "environment: '': a variable's name has no ="),
        ('environment: ["A=\\0"]', "environment: 'A': a variable's name has no ="),
        ('environment: {"A=B": 1}', "A=B: a variable's name has no ="),
    ],
)
def test_what_a_program_cannot_be_told(tmp_path: Path, more: str, said: str) -> None:
    (line,) = mistakes(tmp_path, f"  - {{on: client, run: cat, {more}}}\n")
    assert line.startswith(f"5: {said}")


PROGRAM = "  - {on: client, run: cat, later: p, keep_open: true}\n"


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("{on: client, run: cat, keep_open: true}", "keep_open: is for input in later steps; name"),
        ("{send: q, input: x}", "send: 'q': no program was started with later: q"),
        ("{send: pp, input: x}", "send: 'pp': no program was started with later: pp; did you mean"),
        ("{send: call, input: x}", "send: 'call' is a call, and only programs have an input"),
        (
            "{send: shut, input: x}",
            "send: 'shut' gets no more input than line 7 gives it; say",
        ),
        ("{send: p}", "send: give it input, or close: true"),
        ("{send: p, close: false}", "send: give it input, or close: true"),
        ("{send: p, input: ''}", "input: give it input, or close: true"),
        ("{send: p, input: '', close: true}", "input: give it input, or close: true"),
        ("{send: p, inptu: x}", "inptu: unknown; did you mean input?"),
        ("{on: client, send: x, socket: c}", "send: gives input to a program; the socket call is"),
    ],
)
def test_input_that_no_program_can_have(tmp_path: Path, step: str, said: str) -> None:
    others = (
        LISTEN + "  - {on: server, call: accept, socket: door, as: s, later: call}\n"
        "  - {on: client, run: cat, later: shut}\n"
    )
    (line,) = mistakes(tmp_path, f"{others}{PROGRAM}  - {step}\n")
    assert line.startswith(f"9: {said}")


def test_what_is_closed_or_has_ended_takes_no_input(tmp_path: Path) -> None:
    steps = (
        f"{PROGRAM}  - {{send: p, input: x, close: true}}\n  - {{send: p, input: y}}\n"
        "  - {collect: p, blocks: 1s}\n  - {send: p, close: true}\n"
        "  - {collect: p}\n  - {send: p, input: z}\n"
    )
    closed = "send: 'p' gets no more input: line 6 has closed it"
    ended = "send: 'p' has ended by line 10, which collects it"
    assert mistakes(tmp_path, steps) == [f"7: {closed}", f"9: {closed}", f"11: {ended}"]


def test_input_in_stages_is_read(tmp_path: Path) -> None:
    steps = f"{PROGRAM}  - {{send: p, input: x, within: 2s}}\n  - {{send: p, close: true}}\n"
    run, first, last = read(written(tmp_path, HEAD + steps)).steps
    assert isinstance(run, RunStep)
    assert run.keep_open
    assert first == SendStep(6, "p", "x", close=False, within_s=2.0)
    assert last == SendStep(7, "p", "", close=True)


@pytest.mark.parametrize("written_as", ["[A=1, B=x=y, C=]", '{A: 1, B: x=y, C: ""}'])
def test_an_environment_is_a_mapping_or_a_list(tmp_path: Path, written_as: str) -> None:
    step = f"  - {{on: client, run: env, environment: {written_as}}}\n"
    (run,) = read(written(tmp_path, HEAD + step)).steps
    assert isinstance(run, RunStep)
    assert run.environment == {"A": "1", "B": "x=y", "C": ""}


def test_a_call_that_must_not_return_has_no_least_time(tmp_path: Path) -> None:
    steps = LISTEN + "  - {on: server, call: accept, socket: door, as: s, blocks: 1s, after: 2s}\n"
    assert mistakes(tmp_path, steps) == ["6: after: cannot stand beside blocks"]


HOSTS_OF_COMPOSE = Hosts.of(["server", "syslog", "app-1"], {"app": ("app-1", "app-2")})


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("output: x, of: sever", "of: 'sever': no host, and no program was started with later: s"),
        ("output: x, of: sever", "did you mean server?"),
        ("output: x, of: syslog", "what syslog prints are syslog's lines; ask for syslog: instead"),
        ("output: x, output_matches: y, of: server", "must have one of calls, listens, output"),
        ("output_matches: '(', of: server", "output_matches: '(' is no regular expression"),
        ("output_matches: x", "output_matches: of which program? say of: and a host"),
        ("syslog: x, of: server", "of: is of output, not of syslog"),
    ],
)
def test_whose_output_is_waited_for_is_refused_with_its_line(
    tmp_path: Path, condition: str, said: str
) -> None:
    text = "title: x\nshows: y\ncompose: any.yaml\nsteps:\n"
    path = written(tmp_path, f"{text}  - {{wait: {{{condition}}}}}\n")
    with pytest.raises(ScenarioError) as refused:
        read(path, hosts=HOSTS_OF_COMPOSE)
    (line,) = str(refused.value).splitlines()
    assert line.startswith(f"{path}:5: ")
    assert said in line


@pytest.mark.parametrize(
    ("of", "hosts"), [("server", ("server",)), ("app", ("app-1", "app-2")), ("app-1", ("app-1",))]
)
def test_of_a_host_is_what_its_own_program_prints(
    tmp_path: Path, of: str, hosts: tuple[str, ...]
) -> None:
    text = "title: x\nshows: y\ncompose: any.yaml\nsteps:\n"
    path = written(tmp_path, f"{text}  - {{expect: {{output_matches: x, of: {of}}}}}\n")
    (step,) = read(path, hosts=HOSTS_OF_COMPOSE).steps
    assert isinstance(step, ExpectStep)
    assert step.condition.subject == Output("x", of, hosts)


def test_hosts_that_run_nothing_of_their_own_print_nothing(tmp_path: Path) -> None:
    (line,) = mistakes(tmp_path, "  - {wait: {output: x, of: server}}\n")
    assert line == (
        "5: of: 'server' runs nothing of its own, so it prints nothing; give a compose file"
    )


def test_a_program_has_no_name_of_a_host(tmp_path: Path) -> None:
    (line,) = mistakes(tmp_path, "  - {on: client, run: cat, later: server}\n")
    assert line == "5: later: 'server' is a host; a program needs a name of its own"
