"""A host has the kernel parameters of its own namespaces, and no others."""

import pytest

from lab.engines.namespaces import sysctls


@pytest.mark.parametrize(
    "name",
    [
        *("net.ipv4.ip_forward", "net/ipv4/ip_forward", "net.ipv4.conf.all.rp_filter"),
        # An interface that only the host will have.
        *("net.ipv4.conf.eth7.rp_filter", "net.ipv4.neigh.eth7.gc_stale_time"),
        *("kernel.shmmax", "kernel.sem", "kernel.domainname"),
    ],
)
def test_parameter_of_a_host_can_be(name: str) -> None:
    sysctls.check(name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        *(
            (name, "is no sysctl, such as")
            for name in ("", "net", "net..x", "net.ipv4.", "net.a b")
        ),
        *((name, "is no sysctl, such as") for name in ("../x", "net/../kernel/pid_max", "/net/x")),
        ("kernel.hostname", "a host's name is its hostname"),
        ("kernel.pid_max", "kernel.pid_max is the whole machine's"),
        ("vm.swappiness", "is the whole machine's"),
        ("nosuch.x", "is the whole machine's"),
        ("network.x", "is the whole machine's"),
        ("kernel.shmmax.x", "is the whole machine's"),
        ("net.ipv4.ip_froward", "this machine's kernel has no net.ipv4.ip_froward"),
        ("net.ipv4", "this machine's kernel has no net.ipv4"),
        ("net.ipv4.conf.eth7.rp_fliter", "this machine's kernel has no"),
    ],
)
def test_parameter_that_a_host_cannot_have_is_refused(name: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace(".", r"\.")):
        sysctls.check(name)


def test_parameter_that_is_there_no_more_is_named() -> None:
    with pytest.raises(FileNotFoundError) as caught:
        sysctls.apply({"net.nosuch.x": "1"})
    assert caught.value.strerror == "sysctls: net.nosuch.x=1: No such file or directory"
