"""Where may a webhook go? To public addresses over https, unless a deployment says otherwise."""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass

import httpx2


class NotAllowed(Exception):
    """This address must not be called from here."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address that was looked up and may be called: the name is not asked a second time."""

    url: httpx2.URL
    host_header: str
    name: str


def expect_allowed(url: str, private: bool) -> httpx2.URL:
    """What can be said against an address without looking it up? `NotAllowed` if anything."""
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL:
        raise NotAllowed("this is no address") from None
    if parsed.scheme not in ("https", "http") or not parsed.host:
        raise NotAllowed("it must be an https address")
    if parsed.scheme != "https" and not private:
        raise NotAllowed("it must be an https address")
    if parsed.userinfo:
        raise NotAllowed("it must not carry a name or password")
    literal = _literal(parsed.host)
    if literal is not None and not private:
        _expect_public(literal)
    return parsed


async def look_up(url: str, private: bool) -> Target:
    """The machine behind this address; every machine behind the name must be allowed."""
    parsed = expect_allowed(url, private)
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(parsed.host, port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(str(entry[4][0]).split("%")[0]) for entry in found]
    if not private:
        for address in addresses:
            _expect_public(address)
    chosen = addresses[0]
    host = f"[{chosen}]" if chosen.version == 6 else str(chosen)
    return Target(parsed.copy_with(host=host), parsed.netloc.decode(), parsed.host)


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _expect_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    """Not ourselves, not our network, not a machine's own metadata, also not wrapped into IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        teredo = address.teredo
        wrapped = inner or (teredo[1] if teredo else None)
        if wrapped is not None:
            _expect_public(wrapped)
        if address in ipaddress.ip_network("64:ff9b::/96"):
            _expect_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    if not address.is_global or address.is_multicast:
        raise NotAllowed("it leads into a private network")
