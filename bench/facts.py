"""The machine that the figures belong to."""

import os
import platform
from dataclasses import dataclass

import docker
from docker.errors import DockerException

from lab.engines import choice
from lab.errors import EngineError


@dataclass(frozen=True)
class Facts:
    """Cores, memory and kernel as Docker has them (it may live in a virtual machine).

    Where no Docker answers, `docker` is "" and the rest is this machine's.
    """

    cores: int
    memory_mib: int
    kernel: str
    docker: str
    python: str

    def __str__(self) -> str:
        return (
            f"{self.cores} cores, {self.memory_mib:,} MiB, Linux {self.kernel}, "
            f"{f'Docker {self.docker}' if self.docker else 'no Docker'}, Python {self.python}"
        )


def facts() -> Facts:
    """Ask Docker if there is one; EngineError when it is there and fails."""
    if not choice.docker_answers():
        return _own()
    try:
        client = docker.from_env()
        try:
            info = client.info()
        finally:
            client.close()
    except DockerException as error:
        text = f"Docker: {error}; see lab doctor"
        raise EngineError(text) from error
    return Facts(
        info["NCPU"],
        info["MemTotal"] >> 20,
        info["KernelVersion"],
        info["ServerVersion"],
        platform.python_version(),
    )


def _own() -> Facts:
    memory_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    cores, kernel = os.cpu_count() or 1, platform.release()
    return Facts(cores, memory_bytes >> 20, kernel, "", platform.python_version())
