"""The one list of what is optional: who reads it, and what set-up makes of it."""

import subprocess
import sys
from pathlib import Path

import pytest

from lab import doctor, optional
from lab.engines.namespaces import diagnostics
from lab.errors import SetupError
from lab.setup import optional_programs

ROOT = Path(__file__).parents[3]


@pytest.fixture
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(optional, "PATH", str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("nothing_installed")
def test_what_is_not_installed_is_said_with_its_purpose_and_its_package() -> None:
    assert optional.missing() == list(optional.PROGRAMS)
    finding = optional.program("dnsmasq").finding()
    assert (finding.ok, finding.required) == (False, False)
    assert finding.seen == "not installed (the host names, without Docker)"
    assert finding.remedy == "sudo apt-get install dnsmasq-base"


def test_what_is_installed_is_found(nothing_installed: Path) -> None:
    program = nothing_installed / "tshark"
    program.touch(0o755)
    assert optional.program("tshark").path() == str(program)
    assert optional.program("tshark") not in optional.missing()


def test_the_doctor_asks_for_each_of_them_once() -> None:
    names = [finding.name for finding in (*doctor.findings(), *diagnostics.findings())]
    for program in optional.PROGRAMS:
        assert names.count(program.name) == 1


def test_ci_installs_what_the_list_names() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lab.optional"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [path for one in optional.PROGRAMS if (path := one.path())]


def test_readme_names_every_package() -> None:
    text = (ROOT / "README.md").read_text()
    assert [one.package for one in optional.PROGRAMS if one.package not in text] == []


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Take what set-up would run."""
    commands: list[list[str]] = []
    monkeypatch.setattr(optional_programs, "run", lambda _doing, argv: commands.append(argv))
    return commands


@pytest.mark.usefixtures("nothing_installed")
def test_setup_installs_what_is_missing_where_it_may(
    ran: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optional_programs, "_apt_get", lambda: ["apt-get"])
    optional_programs.prepare()
    packages = {program.package for program in optional.PROGRAMS}
    assert ran[0] == ["apt-get", "update"]
    assert packages <= set(ran[1])


@pytest.mark.usefixtures("nothing_installed")
def test_setup_says_what_it_may_not_install(
    ran: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(optional_programs, "_apt_get", list)
    optional_programs.prepare()
    said = capsys.readouterr().out
    assert ran == []
    assert "chromium (shows pages)" in said
    assert "sudo apt-get install xinetd rsyslog dnsmasq-base telnet uidmap tshark chromium" in said


@pytest.mark.usefixtures("nothing_installed")
def test_setup_goes_on_when_a_package_cannot_be_had(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(doing: str, _argv: list[str]) -> None:
        raise SetupError(f"{doing}: apt-get failed with status 100")

    monkeypatch.setattr(optional_programs, "_apt_get", lambda: ["apt-get"])
    monkeypatch.setattr(optional_programs, "run", fail)
    optional_programs.prepare()
    said = capsys.readouterr().out
    assert "apt-get failed with status 100" in said
    assert "not installed: xinetd" in said
