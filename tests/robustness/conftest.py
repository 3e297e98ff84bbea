"""Each engine, as the integration tests have it."""

from tests.integration.conftest import docker_compose_file, docker_images, engine, namespaces

__all__ = ["docker_compose_file", "docker_images", "engine", "namespaces"]
