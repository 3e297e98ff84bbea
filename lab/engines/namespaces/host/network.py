"""Bridges in the supervisor's network namespace, and the hosts' ends of veth pairs (veth(4)).

A bridge has its network's router's addresses. Nothing is forwarded there, so what a host sends
outside ends in silence, as on an internal network of Docker's.

What takes a netlink message is left to ip(8), for all hosts in one call; a host gives its own end
its addresses through the older ioctls, which need no further program (netdevice(7)).
"""

import contextlib
import errno
import fcntl
import ipaddress
import os
import socket
import struct
from collections.abc import Iterable, Sequence

from lab.compose.model import Interface, Network
from lab.engines.namespaces.host import processes

_SIOCADDRT = 0x890B
_SIOCSIFFLAGS = 0x8914
_SIOCSIFADDR = 0x8916
_SIOCSIFNETMASK = 0x891C
_IFF_UP = 1
_RTF_UP_GATEWAY = 3
_IFNAMSIZ = 16
_ROUTE = "@L16s16s16sHhLPhPLLH0L"  # struct rtentry of <linux/route.h>
_ROUTE_IPV6 = "@16s16s16sIHHILIi"  # struct in6_rtmsg of <linux/ipv6_route.h>
_NO_DAD = {4: "", 6: " nodad"}
_FORWARDING = ("/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv6/conf/all/forwarding")


def bridge_name(number: int) -> str:
    """Return the name of the bridge of the n-th network."""
    return f"net{number}"


def veth_name(host_number: int, generation: int, interface_number: int) -> str:
    """Return the name of the bridge's end of a veth pair (at most 15 bytes).

    Each generation of a host has its own: the kernel removes the old pair when it gets to it.
    """
    return f"h{host_number}.{generation}.{interface_number}"


def bridge_commands(networks: Sequence[Network]) -> list[str]:
    """Return the commands for ip(8) that make the bridges of networks."""
    lines = ["link set lo up"]
    for number, network in enumerate(networks):
        name = bridge_name(number)
        routers = [ipaddress.ip_interface(router) for router in network.routers]
        # Its own, or it would be that of one of its ports, and change with these.
        first = next((router for router in routers if router.version == 4), None)
        hardware = f"address {_hardware(first)} " if first else ""
        # Without a querier, snooping could hold multicast back, IPv6's neighbour discovery too.
        lines.append(f"link add {name} {hardware}type bridge mcast_snooping 0")
        # `nodad`: no duplicate address detection (RFC 4862, 5.4).
        lines += [f"address add {router} dev {name}{_NO_DAD[router.version]}" for router in routers]
        lines.append(f"link set {name} up")
    if any(":" in router for network in networks for router in network.routers):
        # Without a route the router would answer that it has none (RFC 4443, 3.1).
        lines.append("route add blackhole ::/0")
    return lines


def forward_nothing() -> None:
    """Let this namespace be no router (RFC 1812, 4.3.3.1: which would tell the senders so)."""
    for place in _FORWARDING:
        with contextlib.suppress(FileNotFoundError):  # a kernel without IPv6
            descriptor = os.open(place, os.O_WRONLY)
            os.write(descriptor, b"0")
            os.close(descriptor)


def veth_commands(veth: str, bridge: str, name: str, interface: Interface, pid: int) -> list[str]:
    """Return the commands that make a veth pair from a bridge to the namespace of a process.

    The interface's hardware address is made from its IPv4 address, as Docker does, where it has
    none of its own: a host that is connected again is the same to its neighbours.
    """
    address = ipaddress.IPv4Interface(interface.ipv4 or "0.0.0.0")  # noqa: S104
    hardware = interface.hardware or _hardware(address)
    return [
        f"link add {veth} type veth peer name {name} address {hardware} netns {pid}",
        f"link set {veth} master {bridge} up",
    ]


def _hardware(address: ipaddress.IPv4Interface | ipaddress.IPv6Interface) -> str:
    return (b"\x02\x42" + address.packed).hex(":")


def ip_batch(commands: Iterable[str]) -> None:
    """Run commands of ip(8) in one process; OSError with its output when one fails."""
    text = "\n".join(commands) + "\n"
    status, output = processes.run(["ip", "-batch", "-"], text)
    if status:
        raise OSError(0, "ip -batch: " + output.replace("\n", "; "))


def no_duplicate_address_detection() -> None:
    """Make IPv6 addresses usable at once: nobody else is on this network (RFC 4862, 5.4)."""
    for place in ("all", "default"):
        with contextlib.suppress(FileNotFoundError):  # a kernel without IPv6
            descriptor = os.open(f"/proc/sys/net/ipv6/conf/{place}/accept_dad", os.O_WRONLY)
            os.write(descriptor, b"0")
            os.close(descriptor)


def let_everybody_ping() -> None:
    """Let every group have sockets for ICMP echo (icmp(7)), as Docker does; ping needs no right."""
    for groups in ("0 65535", "0 0"):  # the other one where a host has one user
        descriptor = os.open("/proc/sys/net/ipv4/ping_group_range", os.O_WRONLY)
        try:
            os.write(descriptor, groups.encode())
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
        else:
            return
        finally:
            os.close(descriptor)


def configure(interfaces: Sequence[Interface]) -> None:
    """Give this namespace's eth0, eth1, ... their addresses, and bring them and lo up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        _up(sock, "lo")
        for number, interface in enumerate(interfaces):
            name = f"eth{number}"
            if interface.ipv4:
                address = ipaddress.IPv4Interface(interface.ipv4)
                _set_ipv4(sock, _SIOCSIFADDR, name, address.packed)
                _set_ipv4(sock, _SIOCSIFNETMASK, name, address.netmask.packed)
            _up(sock, name)
            if interface.ipv6:
                # A host may have switched IPv6 off (the sysctl disable_ipv6).
                with contextlib.suppress(PermissionError):
                    _set_ipv6(name, ipaddress.IPv6Interface(interface.ipv6))
                    _add_routes(sock, name, interface.next_hops, version=6)
            _add_routes(sock, name, interface.next_hops, version=4)


def _request(name: str, rest: bytes) -> bytes:
    return struct.pack(f"{_IFNAMSIZ}s24s", name.encode(), rest)


def _up(sock: socket.socket, name: str) -> None:
    fcntl.ioctl(sock, _SIOCSIFFLAGS, _request(name, struct.pack("h", _IFF_UP)))


def _set_ipv4(sock: socket.socket, what: int, name: str, packed: bytes) -> None:
    address = struct.pack("HH4s", socket.AF_INET, 0, packed)
    fcntl.ioctl(sock, what, _request(name, address))


def _set_ipv6(name: str, address: ipaddress.IPv6Interface) -> None:
    index = socket.if_nametoindex(name)
    request = struct.pack("16sIi", address.packed, address.network.prefixlen, index)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, _SIOCSIFADDR, request)


def _add_routes(sock: socket.socket, name: str, next_hops: Iterable[str], version: int) -> None:
    for next_hop in map(ipaddress.ip_address, next_hops):
        if next_hop.version == version == 4:
            _add_ipv4_route(sock, next_hop.packed)
        elif next_hop.version == version:
            _add_ipv6_route(name, next_hop.packed)


def _add_ipv4_route(sock: socket.socket, next_hop: bytes) -> None:
    everywhere = struct.pack("HH4s", socket.AF_INET, 0, bytes(4))
    by = struct.pack("HH4s", socket.AF_INET, 0, next_hop)
    route = (0, everywhere, by, everywhere, _RTF_UP_GATEWAY, 0, 0, 0, 0, 0, 0, 0, 0)
    fcntl.ioctl(sock, _SIOCADDRT, struct.pack(_ROUTE, *route))


def _add_ipv6_route(name: str, next_hop: bytes) -> None:
    index = socket.if_nametoindex(name)
    route = (bytes(16), bytes(16), next_hop, 0, 0, 0, 0, 0, _RTF_UP_GATEWAY, index)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, _SIOCADDRT, struct.pack(_ROUTE_IPV6, *route))
