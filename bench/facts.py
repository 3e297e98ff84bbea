"""The machine that the figures belong to."""

import platform
from dataclasses import dataclass

import docker
from docker.errors import DockerException

from lab.errors import EngineError


@dataclass(frozen=True)
class Facts:
    """Cores, memory and kernel as Docker has them (it may live in a virtual machine)."""

    cores: int
    memory_mib: int
    kernel: str
    docker: str
    python: str

    def __str__(self) -> str:
        return (
            f"{self.cores} cores, {self.memory_mib:,} MiB, Linux {self.kernel}, "
            f"Docker {self.docker}, Python {self.python}"
        )


def facts() -> Facts:
    """Ask Docker; EngineError when it does not answer."""
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
