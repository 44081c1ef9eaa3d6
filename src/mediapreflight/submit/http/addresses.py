"""IP addresses: which are public, and which a host stands for."""

from __future__ import annotations

import ipaddress
import socket

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_LOOPBACK = ipaddress.IPv4Network("127.0.0.0/8")
_LOWER_32_BITS = 0xFFFFFFFF
# IPv6 addresses whose last four bytes are the IPv4 address they lead to: NAT64, and two older forms of mapped addresses.
_EMBEDDING = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "::/96", "::ffff:0:0:0/96")))
# NAT64 of a private network (RFC 8215), which older Pythons report as global.
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")


class PrivateAddressError(Exception):
    """A host leads to an address that is not public; carries the address."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__(address)


def is_public(address: str) -> bool:
    """Whether an IP address is public. Raises ValueError for an invalid address."""
    ip = _embedded(ipaddress.ip_address(address))
    if not ip.is_global or ip.is_multicast:
        return False
    return ip.version == 4 or not (ip.is_site_local or ip in _LOCAL_NAT64)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: `localhost` and names below it, 127.0.0.0/8 or ::1."""
    address = literal(host)
    if address is None:
        name = host.lower().removesuffix(".")
        return name == "localhost" or name.endswith(".localhost")
    return address in _LOOPBACK if address.version == 4 else address == ipaddress.IPv6Address(1)


def literal(host: str) -> Address | None:
    """The address in a host, in any spelling that resolvers accept (`127.1`, `0x7f000001`); None if it is a name."""
    host = host.removesuffix(".")
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        # Resolvers read a number as an address only if it is alone; inet_aton also ignores text after a space.
        return None if " " in host else ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError, ValueError):
        return None


def refuse_private(addresses: list[str]) -> list[str]:
    """The addresses, all of which are public. Raises PrivateAddressError."""
    for address in addresses:
        if not is_public(address):
            raise PrivateAddressError(address)
    return addresses


def refuse_private_host(host: str) -> None:
    """Raises PrivateAddressError if a host is not public by its text alone."""
    address = literal(host)
    if is_loopback(host) or (address is not None and not is_public(str(address))):
        raise PrivateAddressError(host)


def _embedded(ip: Address) -> Address:
    """The IPv4 address inside an IPv6 address that leads to it, else the address itself."""
    if ip.version == 4:
        return ip
    if any(ip in network for network in _EMBEDDING) and int(ip) > 1:
        return ipaddress.IPv4Address(int(ip) & _LOWER_32_BITS)
    return ip.ipv4_mapped or ip.sixtofour or ip
