"""The machine's own rules for packets between containers: found where they are in force."""

from pathlib import Path

import pytest

from lab.engines.compose import diagnostics


def system(folder: Path, *, tracking: bool = True, **settings: str) -> Path:
    """Write what /proc/sys/net has."""
    for name, value in settings.items():
        file = folder / "bridge" / f"bridge-nf-call-{name}"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"{value}\n")
    if tracking:
        (folder / "netfilter").mkdir()
        (folder / "netfilter" / "nf_conntrack_count").write_text("5\n")
    return folder


def test_they_are_named_with_what_turns_them_off(tmp_path: Path) -> None:
    (found,) = diagnostics.bridged_packets(system(tmp_path, iptables="1", ip6tables="0"))
    assert not found.ok
    assert not found.required
    assert "bridge-nf-call-iptables is on" in found.seen
    assert found.remedy == "sudo sysctl net.bridge.bridge-nf-call-iptables=0"


@pytest.mark.parametrize(
    ("tracking", "settings"), [(True, {"iptables": "0"}), (False, {"iptables": "1"})]
)
def test_they_are_off_or_track_nothing(
    tmp_path: Path, settings: dict[str, str], *, tracking: bool
) -> None:
    (found,) = diagnostics.bridged_packets(system(tmp_path, tracking=tracking, **settings))
    assert found.ok


def test_nothing_is_said_of_what_is_not_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert diagnostics.bridged_packets(tmp_path) == []
    monkeypatch.setenv("DOCKER_HOST", "ssh://elsewhere")
    assert diagnostics.bridged_packets(system(tmp_path, iptables="1")) == []
