"""Whatever is wrong with a compose file, it is one TopologyError that begins with the place."""

from pathlib import Path

import pytest

from lab.engines.namespaces.plan import reader
from lab.errors import TopologyError
from lab.model import ComposeFiles

# A host, in lines 1 to 4; its next key stands in line 5.
HOST = "services:\n  a:\n    image: socket-lab/host\n    command: sh\n"
# A network, and the host on it: `networks.wire` stands in line 7.
WIRED = f"{HOST}    networks: [wire]\nnetworks:\n  wire:\n"
OTHER = "  b: {image: socket-lab/host, command: sh, depends_on: [a]}\n"


def refused(folder: Path, text: str) -> str:
    """Return what is said of this compose file, without the folder."""
    path = folder / "compose.yaml"
    path.write_text(text)
    with pytest.raises(TopologyError) as caught:
        reader.read(ComposeFiles((path,)), "x")
    said = str(caught.value)
    assert "\n" not in said
    assert said.startswith(f"{path}:")
    return said.removeprefix(f"{folder}/compose.yaml:")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("networks: [nope]", "network nope is not defined"),
        ("networks: {nope: {}}", "network nope is not defined"),
        ("network_mode: host", "network_mode host: not on this engine; --engine compose"),
        ("network_mode: service:b", "network_mode service:b: not on this engine"),
        ("depends_on: [nope]", "services.a: depends on nope, which is not there"),
        ("depends_on: {nope: {}}", "services.a: depends on nope, which is not there"),
    ],
)
def test_key_is_named_with_its_line(tmp_path: Path, key: str, said: str) -> None:
    text = refused(tmp_path, f"{HOST}    {key}\n")
    assert text.startswith("5: ")
    assert said in text


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("stop_grace_period: soon", "'soon' must be a duration like 500ms"),
        ("healthcheck: {test: x, interval: soon}", "'soon' must be a duration like 500ms"),
        (
            "healthcheck: {test: x, timeout: 5}",
            "timeout must be a string, not a number",
        ),
        ("healthcheck: {test: x, start_period: -1s}", "'-1s' must be a duration like 500ms"),
        ("healthcheck: {test: x, retries: -1}", "services.a.healthcheck.retries: -1 is no number"),
        ("healthcheck: {test: x, retries: many}", "healthcheck.retries must be a number"),
        ("healthcheck: [x]", ""),
        ("healthcheck: {test: 3}", ""),
        ("entrypoint: 3", ""),
        ('entrypoint: "echo \'a"', "No closing quotation"),
        ("volumes: 3", ""),
        ("volumes: [3]", ""),
        ("volumes: [null]", ""),
        ("volumes: [{type: volume}]", "is no volume, as SOURCE:TARGET"),
        ("volumes: data:/x", "volumes must be a list, not a string"),
        ("entrypoint: {a: 1}", "entrypoint must be a string or a list"),
        ("entrypoint: [[a]]", "entrypoint must be a list of strings"),
        ("networks: 3", "networks must be a mapping or a list"),
        ("healthcheck: {test: [CMD-SHELL]}", "CMD-SHELL"),
        ("depends_on: {a: {condition: service_odd}}", "'service_odd' is none of"),
        ("tmpfs: 3", ""),
        ("tmpfs: [3]", ""),
        ("dns: 3", ""),
        ("sysctls: text", ""),
        ("environment: text", ""),
        ("environment: [3]", ""),
        ("labels: text", ""),
        ("depends_on: 3", ""),
        ("depends_on: text", ""),
        ("depends_on: [{b: 1}]", ""),
        ("7: 8", ""),
        ("env_file: 3", "env_file must be a string or a list"),
        ("env_file: [3]", "3 is no file; write its path"),
        ("env_file: [{required: false}]", "is no file; write its path"),
        ("env_file: [{path: x, required: maybe}]", "required must be true or false"),
        ("env_file: [nope.env]", "nope.env is not there; make it, or say that it is not required"),
        ("extra_hosts: 3", "extra_hosts must be a mapping or a list"),
        ("extra_hosts: {b: 3}", "must be an address, or a list of them"),
        ("extra_hosts: ['b:c']", "b: 'c' is no address"),
        ("working_dir: here", "'here': its place in the host must begin with /"),
        ("stop_signal: SOON", "services.a.stop_signal: 'SOON' is no signal, such as SIGINT"),
        ("ulimits: {files: 3}", "services.a.ulimits.files: there is no such limit; there are core"),
        ("ulimits: {nofile: x}", "ulimits.nofile must be a number or a mapping"),
        ("ulimits: {nofile: -2}", "-2 is no limit; write 0 or more, or -1 for none"),
        ("ulimits: {nofile: {soft: 3}}", "has no hard; write both, soft and hard"),
        ("ulimits: {nofile: {soft: 3, hard: 2}}", "the soft limit, 3, is more than the hard one"),
        ("ulimits: {nofile: {soft: -1, hard: 2}}", "the soft limit, -1, is more than the hard one"),
        ("secrets: [s]", "secret s is not defined; add it below secrets"),
        ("configs: [c]", "config c is not defined; add it below configs"),
        ("secrets: [{target: x}]", "names none; write its source"),
        ("secrets: [3]", "names none; write its source"),
        ("secrets: [{source: s, mode: rw}]", "'rw' is no mode, such as 0440"),
        (
            "configs: [{source: c, target: /proc/x}]\nconfigs: {c: {content: x}}",
            "/proc/x is the host's own; choose another",
        ),
        ("working_dir: 3", "working_dir must be a string"),
    ],
)
def test_value_of_a_wrong_kind_names_the_service(tmp_path: Path, key: str, said: str) -> None:
    text = refused(tmp_path, f"{HOST}    {key}\n")
    # Some are named with the service's line, others with the key's own.
    assert text.partition(":")[0] in {"2", "5"}
    assert "services.a" in text
    assert said in text


@pytest.mark.parametrize("command", ["3", "true", "1.5", '"echo \'a"'])
def test_command_of_a_wrong_kind_names_the_service(tmp_path: Path, command: str) -> None:
    text = refused(tmp_path, f"x-a: 1\n{HOST.replace('sh', command)}")
    assert text.startswith(("3: services.a", "5: services.a"))


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("subnet: nope", "'nope' does not appear to be"),
        ("subnet: 10.0.0.1/24", "has host bits set"),
        ("subnet: 10.0.0.0/31", "network 10.0.0.0/31: no address left"),
        ("subnet: ", "subnet must be a string, not empty"),
    ],
)
def test_subnet_that_is_wrong_names_its_network(tmp_path: Path, config: str, said: str) -> None:
    text = refused(tmp_path, f"{WIRED}    ipam: {{config: [{{{config}}}]}}\n")
    assert text.partition(":")[0] in {"7", "8"}
    assert "networks.wire" in text
    assert said in text


@pytest.mark.parametrize(
    ("address", "said"),
    [("192.0.2.7", "address 192.0.2.7 is not in the network's 198.18.0.0/24"), ("here", "'here'")],
)
def test_fixed_address_that_is_wrong_names_its_network(
    tmp_path: Path, address: str, said: str
) -> None:
    fixed = f"networks: {{wire: {{ipv4_address: {address}}}}}"
    subnet = "    ipam: {config: [{subnet: 198.18.0.0/24}]}\n"
    text = refused(tmp_path, WIRED.replace("networks: [wire]", fixed) + subnet)
    assert text.partition(":")[0] in {"5", "7"}
    assert "networks.wire" in text or "services.a" in text
    assert said in text


def test_circle_is_shown(tmp_path: Path) -> None:
    text = refused(tmp_path, f"x-a: 1\n{HOST}    depends_on: [b]\n{OTHER}")
    assert text.startswith("2: depends_on goes in a circle: ")
    assert " -> " in text
    assert refused(tmp_path, f"{HOST}    depends_on: [a]\n").endswith("a -> a")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("${NOT_SET_HERE:?say where}", "variable NOT_SET_HERE is not set: say where"),
        ("${NOT_SET_HERE?}", "variable NOT_SET_HERE is not set"),
        ("costs 3 $", "write $$ for the character"),
        ("${NOT_SET_HERE", "write $$ for the character"),
    ],
)
def test_variable_that_is_wrong_is_named(tmp_path: Path, value: str, said: str) -> None:
    assert said in refused(tmp_path, f"{HOST}    hostname: '{value}'\n")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("services:\n  a: [\n", 3),
        ("services:\n\ta: 1\n", 2),
        ("services: {}\n---\nservices: {}\n", 2),
        ("services:\n  a: *nobody\n", 2),
        ("services:\n  a: 'x\n", 3),
    ],
)
def test_what_is_not_yaml_is_named_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    assert refused(tmp_path, text).startswith(f"{line}: not YAML: ")


@pytest.mark.parametrize(
    "text",
    [
        *("", "\n", "# only a comment\n", "null\n", "x-a: 1\n"),
        *("services:\n", "services: {}\n"),
    ],
)
def test_file_without_services_has_no_hosts(tmp_path: Path, text: str) -> None:
    assert "it has no services, so no hosts" in refused(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        *("- a\n", "text\n", "3\n"),
        *("services: [a]\n", "services: a\n", "services: 3\n", "services: {a: hello}\n"),
        *("services: {a: [x]}\n", "networks: [wire]\n", "networks: {wire: yes}\n"),
    ],
)
def test_what_should_be_a_mapping_is_named(tmp_path: Path, text: str) -> None:
    said = refused(tmp_path, text)
    assert said.startswith("1: ")
    assert "mapping" in said


@pytest.mark.parametrize(
    "text",
    ["services: !foo {}\n", "services: {a: {<<: 3}}\n", "a: \0\n", "A: !!int x\n", "[" * 100],
)
def test_what_no_yaml_can_be_is_one_line(tmp_path: Path, text: str) -> None:
    assert "not YAML: " in refused(tmp_path, text)


def test_health_that_cannot_come_is_refused(tmp_path: Path) -> None:
    text = f"{HOST}  b:\n    image: socket-lab/host\n    command: sh\n"
    text += "    depends_on: {a: {condition: service_healthy}}\n"
    assert refused(tmp_path, text).endswith("services.b: a has no healthcheck to wait for")


def test_service_without_anything_needs_an_image(tmp_path: Path) -> None:
    assert refused(tmp_path, "services:\n  a:\n").startswith("2: services.a needs an image")


def test_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "bytes.yaml").write_bytes(b"a: \xff\n")
    for path in (tmp_path / "bytes.yaml", tmp_path / "no.yaml", tmp_path):
        with pytest.raises(TopologyError) as caught:
            reader.read(ComposeFiles((path,)), "x")
        assert str(caught.value).startswith(f"{path}: ")


def test_what_is_wrong_in_the_env_file_is_named_there(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=1\nB=$\n")
    (tmp_path / "compose.yaml").write_text(HOST)
    with pytest.raises(TopologyError, match=r"^.*/\.env:2: '\$': a \$ that begins no variable"):
        reader.read(ComposeFiles((tmp_path / "compose.yaml",)), "x")


@pytest.mark.parametrize(
    ("kind", "entry", "line", "said"),
    [
        ("secrets", "{}", 7, "secrets.x has no source; give it file or environment"),
        ("configs", "{}", 7, "configs.x has no source; give it file or environment or content"),
        ("secrets", "{file: a, environment: B}", 7, "secrets.x has file and environment; keep one"),
        ("secrets", "{file: nope}", 7, "/nope is not there; make it, or name another"),
        ("secrets", "{environment: NOT_SET_HERE}", 7, "variable NOT_SET_HERE is not set; set it"),
        ("configs", "{external: true}", 7, "configs.x: one from outside the lab is not for a lab"),
        ("secrets", "{file: 3}", 7, "secrets.x.file must be a string"),
        ("secrets", "{content: x}", 7, "secrets.x content: no such key in a compose file"),
    ],
)
def test_secret_that_cannot_be_had_is_named_with_its_line(
    tmp_path: Path, kind: str, entry: str, line: int, said: str
) -> None:
    text = refused(tmp_path, f"{HOST}    {kind}: [x]\n{kind}:\n  x: {entry}\n")
    assert text.startswith(f"{line}: ")
    assert said in text
