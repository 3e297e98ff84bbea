"""What the compose engine needs of this machine, each missing thing with its remedy.

Standard library only: `lab.setup` asks it before there is any dependency.
"""

import json
import os
import re
import subprocess
from pathlib import Path

from lab.compose import dotenv
from lab.model import Finding

BASE_IMAGE = "base image"  # the name of its finding
DEFAULT_BASE_IMAGE = "debian:trixie-slim"
_BRIDGE_FILTERS = ("bridge-nf-call-iptables", "bridge-nf-call-ip6tables")
_OLDEST_COMPOSE = (2, 23)  # `up --wait` with services that have ended, `config` of anchors


def output_of(*argv: str, timeout_s: float = 20) -> tuple[int, str]:
    """Run a short command; return its status (as a shell) and its outputs, as one text.

    127: it is not there; 126: it cannot be run.
    """
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, timeout=timeout_s, check=False, errors="replace"
        )
    except FileNotFoundError:
        return 127, f"{argv[0]}: not found"
    except PermissionError as error:
        return 126, f"{argv[0]}: {error.strerror}"
    except subprocess.TimeoutExpired:
        return 124, f"{argv[0]}: no answer for {timeout_s:g} s"
    return done.returncode, (done.stdout + done.stderr).strip()


def _last_line(text: str) -> str:
    return text.splitlines()[-1] if text else "no answer"


def docker_command() -> Finding:
    """Is there a `docker` command?"""
    status, output = output_of("docker", "--version")
    remedy = (
        "install Docker: https://docs.docker.com/engine/install/ (Debian: apt install docker.io)"
    )
    return Finding("docker command", status == 0, output, remedy)


def docker_engine() -> Finding:
    """Does a Docker Engine answer, and may this user talk to it?"""
    status, output = output_of("docker", "version", "--format", "{{.Server.Version}}")
    if status == 0:
        return Finding("Docker Engine", True, f"version {output}")
    if "permission denied" in output:
        remedy = (
            "add yourself to the group docker (sudo usermod -aG docker $USER), then log in anew"
        )
        return Finding("Docker Engine", False, "no permission for its socket", remedy)
    where = os.environ.get("DOCKER_HOST", "its socket")
    remedy = "start it: sudo systemctl start docker, or Docker Desktop"
    return Finding("Docker Engine", False, f"no answer at {where}: {_last_line(output)}", remedy)


def compose_plugin() -> Finding:
    """Is `docker compose` there, and new enough?"""
    status, output = output_of("docker", "compose", "version", "--short")
    found = re.match(r"v?(\d+)\.(\d+)", output)
    new_enough = (
        bool(found) and tuple(map(int, found.groups())) >= _OLDEST_COMPOSE if found else False
    )
    seen = f"version {output}" if status == 0 and found else "no `docker compose` here"
    remedy = (
        "run make setup, which gets it from Debian, or see https://docs.docker.com/compose/install/"
    )
    return Finding("Compose plug-in", status == 0 and new_enough, seen, remedy)


def build_plugin() -> Finding:
    """Is `docker buildx` there? Compose builds with it."""
    status, output = output_of("docker", "buildx", "version")
    seen = " ".join(output.split()[1:2]) if status == 0 else "no `docker buildx` here"
    return Finding("Buildx plug-in", status == 0, seen, "run make setup, which gets it from Debian")


def base_image(directory: Path) -> Finding:
    """Is the image there that the hosts' images are built on? `directory` holds the `.env`."""
    image = configured_base_image(directory)
    status, output = output_of("docker", "image", "inspect", "--format", "{{json .Id}}", image)
    seen = f"{image} ({json.loads(output)[7:19]})" if status == 0 else f"{image} is not here"
    return Finding(BASE_IMAGE, status == 0, seen, "run make setup, which pulls or makes it")


def configured_base_image(*directories: Path) -> str:
    """Return the base image that Compose will use: the environment's, .env's, or the default.

    The first of the directories counts whose `.env` names one. VariableError when one is wrong.
    """
    if image := os.environ.get("LAB_BASE_IMAGE"):
        return image
    for directory in directories:
        if found := dotenv.read(directory / ".env", os.environ).get("LAB_BASE_IMAGE"):
            return found
    return DEFAULT_BASE_IMAGE


def findings(directory: Path) -> list[Finding]:
    """Everything above, in the order in which one would mend it; stops where nothing can follow."""
    found = [docker_command()]
    if found[-1].ok:
        found.append(docker_engine())
    if found[-1].ok:
        found += [compose_plugin(), build_plugin(), base_image(directory)]
    return found


def bridged_packets(system: Path = Path("/proc/sys/net")) -> list[Finding]:
    """Do packets between containers pass this machine's own rules, and its connection tracking?

    That loses some: a SYN of a simultaneous open, say, of which it sees the other one first.
    Nothing where Docker is on another machine, or the kernel has no such settings.
    """
    if not os.environ.get("DOCKER_HOST", "unix:").startswith("unix:"):
        return []
    there = [name for name in _BRIDGE_FILTERS if (system / "bridge" / name).exists()]
    if not there:
        return []
    is_tracking = (system / "netfilter" / "nf_conntrack_count").exists()
    on = [name for name in there if (system / "bridge" / name).read_text().strip() != "0"]
    if not on or not is_tracking:
        return [Finding("bridged packets", True, "connection tracking does not see them")]
    seen = f"connection tracking may lose some ({', '.join(f'{name} is on' for name in on)})"
    remedy = f"sudo sysctl {' '.join(f'net.bridge.{name}=0' for name in on)}"
    return [Finding("bridged packets", False, seen, remedy, required=False)]
