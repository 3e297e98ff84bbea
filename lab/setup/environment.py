"""The step that makes `.venv` with the locked dependencies and the command `lab`, and compiles."""

import hashlib
import subprocess
import sys
from pathlib import Path

from lab.errors import SetupError
from lab.setup.step import run, say

_ENVIRONMENT = Path(".venv")
_STAMP = _ENVIRONMENT / "locked"
_PIP = (str(_ENVIRONMENT / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install")


def prepare() -> None:
    """Make the environment, unless it holds just what the lock says; compile what has changed."""
    _install()
    compile_programs()


def compile_programs() -> None:
    """Compile the project's modules: on a host, where files are read-only, nobody else could.

    One that has a syntax error is left out; its own start says so.
    """
    argv = [_PIP[0], "-m", "compileall", "-qq", "lab", "services"]
    subprocess.run(argv, capture_output=True, check=False)


def _install() -> None:
    wanted = _digest()
    if _STAMP.exists() and _STAMP.read_text() == wanted and _works():
        say(f"Python environment: {_ENVIRONMENT} is as locked")
        return
    if not _works():
        _create()
    run("Python dependencies, as locked", [*_PIP, "--require-hashes", "-r", "requirements.lock"])
    run("the command lab", [*_PIP, "--no-deps", "--no-build-isolation", "--editable", "."])
    _STAMP.write_text(wanted)


def _digest() -> str:
    files = (Path("requirements.lock"), Path("pyproject.toml"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _works() -> bool:
    """Tell whether the environment is there and its Python runs (not one that was moved away)."""
    try:
        done = subprocess.run([_PIP[0], "-c", "import pip"], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def _create() -> None:
    try:
        run("Python environment", [sys.executable, "-m", "venv", "--clear", str(_ENVIRONMENT)])
    except SetupError as error:
        text = f"{error}; on Debian and Ubuntu: sudo apt-get install python3-venv"
        raise SetupError(text) from error
