"""`extends` and `include` are followed, each file's paths are its own, and lines are true."""

from pathlib import Path
from typing import Any

import pytest

from lab.compose.loading import load
from lab.errors import TopologyError


def written(folder: Path, **files: str) -> Path:
    """Write these files, `a__b` as a/b.yaml; return the path of `main`."""
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "main.yaml"


def services(main: Path, **environment: str) -> Any:
    return load([main], environment).plain()["services"]


def refused(main: Path) -> str:
    with pytest.raises(TopologyError) as caught:
        load([main], {})
    return str(caught.value).removeprefix(f"{main.parent}/")


BASE = """\
services:
  base:
    image: x
    env_file: base.env
    volumes: ["./data:/data", "named:/v"]
    environment: {A: 1, B: 1}
"""


def test_service_has_what_its_base_has(tmp_path: Path) -> None:
    main = written(
        tmp_path, main=f"{BASE}  a:\n    extends: base\n    environment: [B=2]\n    command: c\n"
    )
    assert services(main)["a"] == {
        "image": "x",
        "env_file": ["base.env"],
        "volumes": ["./data:/data", "named:/v"],
        "environment": {"A": 1, "B": "2"},
        "command": "c",
    }


def test_base_of_another_file_has_the_paths_of_that_file(tmp_path: Path) -> None:
    main = written(
        tmp_path,
        main="services:\n  a:\n    extends: {file: sub/common.yaml, service: b}\n",
        sub__common=BASE + "  b: {extends: {service: base}, command: [x]}\n",
    )
    a = services(main)["a"]
    assert a["volumes"] == [f"{tmp_path}/sub/data:/data", "named:/v"]
    assert a["env_file"] == [f"{tmp_path}/sub/base.env"]
    assert a["command"] == ["x"]


@pytest.mark.parametrize(
    ("extends", "said"),
    [
        ("bsae", "extends bsae, which is no service of main.yaml; did you mean base?"),
        ("{file: main.yaml, service: no}", "extends no, which is no service of main.yaml"),
        ("{file: nofile.yaml, service: a}", "nofile.yaml: No such file or directory"),
        ("{file: main.yaml}", "extends needs the service that it extends"),
        ("a", "extends goes in a circle: a -> a"),
    ],
)
def test_base_that_is_not_there_is_told(tmp_path: Path, extends: str, said: str) -> None:
    text = refused(written(tmp_path, main=f"{BASE}  a:\n    extends: {extends}\n"))
    assert said in text
    assert text.startswith(("main.yaml:8: ", "nofile.yaml: "))


def test_what_is_included_is_there_with_its_own_paths_and_settings(tmp_path: Path) -> None:
    main = written(
        tmp_path,
        main="include: [sub/more.yaml]\nservices:\n  a: {image: '${WORD:-unset}'}\n",
        sub__more="services:\n  b:\n    image: ${WORD}\n    env_file: [{path: own.env}]\n"
        "secrets: {s: {file: key}}\nvolumes: {v: }\n",
    )
    (tmp_path / "sub" / ".env").write_text("WORD=theirs\n")
    found = load([main], {}).plain()
    assert found["services"] == {
        "a": {"image": "unset"},
        "b": {"image": "theirs", "env_file": [{"path": f"{tmp_path}/sub/own.env"}]},
    }
    assert found["secrets"] == {"s": {"file": f"{tmp_path}/sub/key"}}
    assert "include" not in found
    assert services(main, WORD="ours")["b"]["image"] == "ours"


def test_included_files_may_be_several_with_their_own_folder(tmp_path: Path) -> None:
    entry = "{path: [sub/one.yaml, sub/two.yaml], project_directory: other, env_file: my.env}"
    main = written(
        tmp_path,
        main=f"include:\n  - {entry}\n",
        sub__one="services:\n  b:\n    image: x\n    volumes: ['./d:/d']\n",
        sub__two="services:\n  b:\n    image: ${WORD}\n",
    )
    (tmp_path / "my.env").write_text("WORD=mine\n")
    assert services(main)["b"] == {"image": "mine", "volumes": [f"{tmp_path}/other/d:/d"]}


def test_what_is_there_already_cannot_be_included(tmp_path: Path) -> None:
    main = written(
        tmp_path,
        main="include: [more.yaml]\nservices:\n  b: {image: x}\n",
        more="services:\n  b: {image: y}\n",
    )
    text = refused(main)
    assert text.startswith(
        f"main.yaml:3: services.b is in the included {tmp_path}/more.yaml:2, too"
    )


def test_file_that_includes_itself_is_refused(tmp_path: Path) -> None:
    main = written(tmp_path, main="include: [more.yaml]\n", more="include: [main.yaml]\n")
    assert "include goes in a circle: main.yaml includes itself" in refused(main)


def test_mistake_in_a_variable_has_its_own_line(tmp_path: Path) -> None:
    main = written(tmp_path, main="services:\n  a:\n    image: x\n    command: ['${A:?say}']\n")
    assert refused(main) == "main.yaml:4: variable A is not set: say"
