"""The hosts that a scenario may name, and the services whose name stands for several of them."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

NONE: Mapping[str, tuple[str, ...]] = MappingProxyType({})


class Hosts(tuple[str, ...]):
    """The hosts by name; `replicas` has those of each service that has several."""

    replicas: Mapping[str, tuple[str, ...]] = NONE
    # The profiles of the services that are no hosts, because none of these was asked for.
    profiles: Mapping[str, tuple[str, ...]] = NONE
    # Do they run nothing of their own?
    bare: bool = False

    @classmethod
    def of(
        cls,
        names: Iterable[str],
        replicas: Mapping[str, tuple[str, ...]] = NONE,
        profiles: Mapping[str, tuple[str, ...]] = NONE,
    ) -> "Hosts":
        """Return hosts."""
        found = cls(names)
        found.replicas, found.profiles = dict(replicas), dict(profiles)
        return found

    @property
    def known(self) -> list[str]:
        """Return all names that stand for a host or for several."""
        return [*self, *self.replicas]

    def named(self, name: str) -> tuple[str, ...]:
        """Return the host of that name, or all replicas of the service; () when there is none."""
        return (name,) if name in self else self.replicas.get(name, ())
