"""The step that gets `docker compose` and `docker buildx` where the machine has none.

They come from Debian's packages, fetched and checked by apt in a container, so that nothing is
installed on the machine but two files in the person's own Docker folder.
"""

import os
import tarfile
import tempfile
from pathlib import Path

from lab.engines.compose.diagnostics import build_plugin, compose_plugin
from lab.errors import SetupError
from lab.model import Finding
from lab.setup.step import run, say

_PACKAGES = {"docker-compose": compose_plugin, "docker-buildx": build_plugin}
_FETCH = """
set -e
apt-get update >&2
cd /tmp
for package in "$@"; do
    apt-get download "$package" >&2
    dpkg-deb --extract "$package"_*.deb /out
done
tar -C /out/usr/libexec/docker/cli-plugins -cf - .
"""


def prepare(base_image: str) -> None:
    """Get what is missing; whoever has a plug-in already keeps it."""
    folder = Path(os.environ.get("DOCKER_CONFIG", Path.home() / ".docker")) / "cli-plugins"
    missing = []
    for package, check in _PACKAGES.items():
        found = check()
        if found.ok:
            say(f"{found.name}: {found.seen}")
        else:
            _refuse_to_replace(folder / package, found)
            missing.append(package)
    if not missing:
        return
    _fetch(base_image, missing, folder)
    for package in missing:
        if not (found := _PACKAGES[package]()).ok:
            text = f"{found.name}: {folder / package} does not work: {found.seen}"
            raise SetupError(text)


def _refuse_to_replace(file: Path, found: Finding) -> None:
    if file.exists():
        text = f"{found.name}: {found.seen}, too old or broken; remove or renew {file}"
        raise SetupError(text)


def _fetch(base_image: str, packages: list[str], folder: Path) -> None:
    container = ["docker", "run", "--rm", "--label", "socket-lab.setup", base_image]
    with tempfile.TemporaryDirectory(prefix="socket-lab-") as temporary:
        tar = Path(temporary, "plugins.tar")
        run(
            f"{' and '.join(packages)}, from Debian's packages",
            [*container, "sh", "-c", _FETCH, "sh", *packages],
            stdout=tar,
        )
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(tar) as archive:
            for package in packages:
                content = archive.extractfile(f"./{package}")
                assert content is not None
                file = folder / package
                file.write_bytes(content.read())
                file.chmod(0o755)
                say(f"installed {file}")
