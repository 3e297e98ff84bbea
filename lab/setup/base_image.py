"""The step that gets the base image: from a registry, or else made from Debian's archive."""

import os
import re
import shutil
import tempfile
from pathlib import Path

from lab.engines.compose.diagnostics import DEFAULT_BASE_IMAGE, configured_base_image, output_of
from lab.errors import SetupError
from lab.setup.step import run, say

# A name of our own: what is made here is never to be taken for the image that Debian publishes.
MADE_IMAGE = "socket-lab/base:trixie"
_ARCHIVE = "http://deb.debian.org"
_SOURCES = (
    f"deb {_ARCHIVE}/debian trixie main",
    f"deb {_ARCHIVE}/debian trixie-updates main",
    f"deb {_ARCHIVE}/debian-security trixie-security main",
)
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_PULL_TIMEOUT_S = 300


def prepare() -> str:
    """Return the name of a base image that is here, which Compose will use."""
    wanted = configured_base_image(Path())
    if _is_here(wanted):
        say(f"base image: {wanted} is here")
        return wanted
    if wanted == MADE_IMAGE:  # it was made once, and has been removed since
        wanted = DEFAULT_BASE_IMAGE
    say(f"base image: asking a registry for {wanted} ...")
    status, output = output_of("docker", "pull", "--quiet", wanted, timeout_s=_PULL_TIMEOUT_S)
    if status == 0:
        say(f"base image: {wanted} pulled")
        return _remember(wanted)
    why = output.splitlines()[-1] if output else "no answer"
    say(f"base image: no registry gives it ({why})")
    if wanted != DEFAULT_BASE_IMAGE:
        text = f"LAB_BASE_IMAGE={wanted}: no such image here or in a registry; correct or unset it"
        raise SetupError(text)
    if _is_here(MADE_IMAGE):
        say(f"base image: {MADE_IMAGE} is here, made before")
    else:
        _make()
    return _remember(MADE_IMAGE)


def _is_here(image: str) -> bool:
    return output_of("docker", "image", "inspect", image)[0] == 0


def _make() -> None:
    """Make a minimal Debian with mmdebstrap, which checks the archive's signatures."""
    if not (shutil.which("mmdebstrap") and _KEYRING.exists()):
        _install_mmdebstrap()
    with tempfile.TemporaryDirectory(prefix="socket-lab-") as folder:
        tar = str(Path(folder, "base.tar"))
        run(
            "base image: made from Debian's archive (about 20 s)",
            ["mmdebstrap", "--variant=minbase", f"--keyring={_KEYRING}", "trixie", tar, *_SOURCES],
        )
        run("base image: import", ["docker", "import", tar, MADE_IMAGE])


def _install_mmdebstrap() -> None:
    packages = ["mmdebstrap", "debian-archive-keyring"]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        text = (
            "base image: no registry, and no mmdebstrap to make it with; either\n"
            f"  sudo apt-get install {' '.join(packages)}      (Debian, Ubuntu), or\n"
            "  LAB_BASE_IMAGE=REGISTRY/debian:trixie-slim make setup   with a registry you reach"
        )
        raise SetupError(text)
    run("mmdebstrap: apt-get update", ["apt-get", "update"])
    run("mmdebstrap: apt-get install", ["apt-get", "install", "--yes", *packages])


def _remember(image: str) -> str:
    """Tell Compose through `.env`, whose other lines stay; the default needs no line."""
    file = Path(".env")
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    text = re.sub(r"^LAB_BASE_IMAGE=.*\n?", "", text, flags=re.MULTILINE)
    if image != DEFAULT_BASE_IMAGE:
        text += "" if text.endswith("\n") or not text else "\n"
        text += f"LAB_BASE_IMAGE={image}\n"
        say(f"base image: {file} now says LAB_BASE_IMAGE={image}")
    if text or file.exists():
        file.write_text(text, encoding="utf-8")
    return image
