"""What hosts have mounted: in every form that Compose has, and nothing that cannot be."""

import re
from pathlib import Path
from typing import Any

import pytest

from lab.compose import references
from lab.engines.namespaces import tmpfs
from lab.engines.namespaces.plan import volumes as mounts
from lab.engines.namespaces.spec import Mount
from lab.engines.namespaces.syscalls import MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY
from lab.errors import LocatedError

FOLDER = Path("/the/folder")


@pytest.mark.parametrize(
    ("entry", "mount"),
    [
        ("data:/x", Mount("/x", "data")),
        ("data:/x:ro", Mount("/x", "data", read_only=True)),
        ("data:/x:z,ro", Mount("/x", "data", read_only=True)),
        ("data:/x:rw", Mount("/x", "data")),
        ("/a/b:/x", Mount("/x", "/a/b")),
        ("./a/../b:/x", Mount("/x", "/the/folder/b")),
        ("../a:/x:ro", Mount("/x", "/the/a", read_only=True)),
        (".:/x", Mount("/x", "/the/folder")),
        ("/x/y", Mount("/x/y", ".h/x/y")),
        ({"type": "volume", "source": "data", "target": "/x"}, Mount("/x", "data")),
        ({"type": "volume", "target": "/x"}, Mount("/x", ".h/x")),
        (
            {"type": "volume", "source": "data", "target": "/x", "read_only": True},
            Mount("/x", "data", read_only=True),
        ),
        ({"type": "bind", "source": "./a", "target": "/x"}, Mount("/x", "/the/folder/a")),
        ({"type": "bind", "source": "/a", "target": "/x"}, Mount("/x", "/a")),
        ({"type": "tmpfs", "target": "/x"}, Mount("/x", tmpfs_options="")),
    ],
)
def test_volume_may_be_short_or_long(entry: Any, mount: Mount) -> None:
    assert mounts.volume(entry, "h", FOLDER) == mount


def test_volume_in_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert mounts.volume("~/a:/x", "h", FOLDER) == Mount("/x", "/home/me/a")


@pytest.mark.parametrize(
    ("entry", "options"),
    [
        ("/run/lab", ""),
        ("/run/lab:uid=800,gid=800,mode=0755", "mode=0755"),
        ("/run/lab:size=64m,uid=1,mode=1777", "size=64m,mode=1777"),
        ("/run/lab:gid=800", ""),
        ("/run/lab:", ""),
    ],
)
def test_tmpfs_has_no_owner_of_its_own(entry: str, options: str) -> None:
    assert mounts.of_tmpfs(entry) == Mount("/run/lab", tmpfs_options=options)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("a:/x:ro:z", "is no volume, as SOURCE:TARGET:OPTIONS"),
        ("a:x", "'x': its place in the host must begin with /"),
        ("x", "must begin with /"),
        ({"type": "tmpfs", "target": "x"}, "must begin with /"),
        ({"type": "bind", "target": "/x"}, "a bind needs its source"),
        ({"type": "npipe", "source": "a", "target": "/x"}, "type npipe: must be volume, bind or"),
        ({"target": "/x"}, "type None: must be volume, bind or tmpfs"),
        ("~nobody-of-this-name/a:/x", "this machine knows no such home folder"),
        ({"type": "tmpfs", "target": "/x", "tmpfs": {"size": "much"}}, "'much' is no number of"),
    ],
)
def test_volume_that_is_none_is_refused(entry: Any, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        mounts.volume(entry, "h", FOLDER)


def test_volume_of_the_long_form_is_no_path() -> None:
    entry = {"type": "volume", "source": "./a", "target": "/x"}
    assert mounts.volume(entry, "h", FOLDER).source == "./a"
    with pytest.raises(LocatedError, match=r"volume \./a is not defined"):
        of_service(volumes=[entry])


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({"size": 1000000}, "size=1000000"),
        ({"size": "64m"}, f"size={64 << 20}"),
        ({"size": "2 GiB"}, f"size={2 << 30}"),
        ({"size": "10kb", "mode": 0o1777}, "size=10240,mode=1777"),
        ({"mode": 0}, "mode=0"),
    ],
)
def test_tmpfs_of_the_long_form_has_a_size_and_a_mode(
    settings: dict[str, Any], options: str
) -> None:
    entry = {"type": "tmpfs", "target": "/x", "tmpfs": settings}
    assert mounts.volume(entry, "h", FOLDER) == Mount("/x", tmpfs_options=options)
    only_read = mounts.volume({**entry, "read_only": True}, "h", FOLDER)
    assert only_read.tmpfs_options == f"ro,{options}"


def of_service(**service: Any) -> tuple[Mount, ...]:
    references.check({"volumes": {"data": {}}}, {"h": {"image": "x", **service}})
    return mounts.of_service("h", service, FOLDER)


def refused(**service: Any) -> tuple[tuple[str | int, ...], str]:
    with pytest.raises(LocatedError) as caught:
        of_service(**service)
    return caught.value.keys, str(caught.value)


def test_hosts_volumes_without_a_name_are_each_hosts_own() -> None:
    service = {"volumes": ["/x"]}
    ours, theirs = (mounts.of_service(key, service, FOLDER) for key in ("a", "b"))
    assert ours[0].source != theirs[0].source


def test_volume_that_is_not_defined_is_refused_at_its_place() -> None:
    keys, said = refused(volumes=["data:/x", "date:/y"])
    assert keys == ("services", "h", "volumes", 1)
    assert said == "services.h.volumes: volume date is not defined; add it below volumes"


@pytest.mark.parametrize(
    "target", ["/", "//", "/proc", "/proc/x", "/sys", "/sys/x/y", "/dev", "/x/.."]
)
def test_what_a_host_cannot_do_without_is_not_mounted_over(target: str) -> None:
    for service in ({"volumes": [f"data:{target}"]}, {"tmpfs": [target]}):
        _, said = refused(**service)
        assert "is the host's own; choose another place in it" in said


def test_like_is_mounted_on_like() -> None:
    file, folder = __file__, str(Path(__file__).parent)
    assert "a folder cannot take the place" in refused(volumes=["data:/usr/bin/env"])[1]
    assert "a folder cannot take the place" in refused(tmpfs="/usr/bin/env")[1]
    assert "a folder cannot take the place" in refused(volumes=[f"{folder}:/usr/bin/env"])[1]
    assert "a file cannot take the place" in refused(volumes=[f"{file}:/usr/bin"])[1]
    assert "is a file on this machine" in refused(volumes=["data:/usr/bin/env/x/y"])[1]
    fits = of_service(
        volumes=[f"{file}:/usr/bin/env", "data:/usr/bin"], tmpfs=["/usr/lib", "/new/x"]
    )
    assert len(fits) == 4


@pytest.mark.parametrize("target", ["/dev/x", "/run/x/y", "/tmp", "/tmp/x"])  # noqa: S108
def test_what_the_machine_has_in_its_own_private_folders_does_not_count(target: str) -> None:
    assert of_service(volumes=[f"data:{target}"]) == (Mount(target, "data"),)


def test_one_place_has_a_volume_or_a_tmpfs() -> None:
    keys, said = refused(volumes=["data:/x/y"], tmpfs=["/z", "/x//y/"])
    assert keys == ("services", "h", "tmpfs", 1)
    assert "/x/y is the target of a volume already; keep one" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("nosuch", "nosuch is no option of a tmpfs; it takes size, mode"),
        ("nosuch=1", "nosuch=1 is no option of a tmpfs"),
        ("ro=1", "ro=1 is no option"),
        ("size", "size is no option"),
        ("size=", "size=: '' cannot be; write such as size=64m or 10%"),
        ("size=64mb", "'64mb' cannot be"),
        ("size=m", "'m' cannot be"),
        ("size=-1", "'-1' cannot be"),
        ("size=%", "'%' cannot be"),
        ("mode=999", "'999' cannot be; write such as mode=1777"),
        ("mode=0o755", "cannot be"),
        ("mode=", "cannot be"),
        ("uid=lab", "'lab' cannot be; write such as uid=800"),
        ("nr_inodes=many", "cannot be"),
    ],
)
def test_option_that_a_tmpfs_does_not_have_is_refused(options: str, said: str) -> None:
    keys, text = refused(tmpfs=["/y", f"/x:rw,{options}"])
    assert keys == ("services", "h", "tmpfs", 1)
    assert said in text


DOCKERS = MS_NOSUID | MS_NODEV | MS_NOEXEC


@pytest.mark.parametrize(
    ("options", "flags", "data"),
    [
        ("", DOCKERS, ""),
        ("size=64m,mode=1777", DOCKERS, "size=64m,mode=1777"),
        ("exec,size=10%,dev", MS_NOSUID, "size=10%"),
        ("ro", DOCKERS | MS_RDONLY, ""),
        ("ro,suid,rw,nr_inodes=4k", MS_NODEV | MS_NOEXEC, "nr_inodes=4k"),
        ("defaults,mpol=local", DOCKERS, "mpol=local"),
    ],
)
def test_options_are_flags_and_data(options: str, flags: int, data: str) -> None:
    assert tmpfs.split(tmpfs.checked(options)) == (flags, data)


def test_only_volumes_that_are_used_must_be_the_labs_own() -> None:
    volumes = {"theirs": {"external": True}, "far": {"driver": "nfs"}, "ours": {"driver": "local"}}
    mounts.check_defined({**volumes, "empty": None}, {"ours", "empty"})
    for name, word in (("theirs", "external"), ("far", "driver")):
        with pytest.raises(LocatedError, match="use --engine compose") as caught:
            mounts.check_defined(volumes, {name})
        assert caught.value.keys == ("volumes", name, word)
