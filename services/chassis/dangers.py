"""What a process that is part of a deployment must not be told: each danger as a sentence.

On one machine all of it stays within it, so nothing here is asked of loopback addresses, sockets
and files. Values are never repeated: they may be secrets.
"""

import base64
import json
import stat
from collections.abc import Iterator
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

GUESSED = frozenset(
    [
        "",
        "admin",
        "changeme",
        "example",
        "password",
        "postgres",
        "secret",
        "temporal",
        "test",
        "tio",
    ]
)
"""Passwords that stand in every list of those that are tried first."""

ENCRYPTED = frozenset(["require", "verify-ca", "verify-full"])
SHORTEST_PASSWORD = 12
LEAST_VARIETY = 16
"""Of the 32 bytes of a key: drawn ones have about 30 different ones, written ones have not."""

ALLOWED_BY = "if the network between these processes is nobody else's, say so with"


def is_here(host: str | None) -> bool:
    """Is this address within this machine?"""
    if not host or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.startswith("/")


def of_an_address(name: str, url: str, private: bool) -> Iterator[str]:
    """Does a token, or what vouches for tokens, travel in the clear?"""
    parts = urlsplit(url)
    if parts.scheme == "http" and not is_here(parts.hostname) and not private:
        yield f"{name}: tokens and patients' data would travel over http; take https, or {_allow()}"


def of_a_page(name: str, url: str) -> Iterator[str]:
    """Do people sign in over http?"""
    parts = urlsplit(url)
    if parts.scheme == "http" and not is_here(parts.hostname):
        yield f"{name}: people would sign in over http; take https"


def of_a_database(name: str, url: str, private: bool) -> Iterator[str]:
    """Can its password be guessed, or be read on the way?"""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    host = parts.hostname or query.get("host", [""])[0]
    if parts.scheme.startswith("sqlite") or is_here(host):
        return
    password = parts.password or ""
    if query.get("sslcert") is None and _can_be_guessed(password, parts.username or ""):
        yield (
            f"{name}: its password can be guessed; draw one of {SHORTEST_PASSWORD} signs and more"
        )
    if query.get("sslmode", [""])[0] not in ENCRYPTED and not private:
        yield f"{name}: password and rows travel unencrypted; add sslmode=require, or {_allow()}"


def of_an_engine(name: str, address: str, has_tls: bool, private: bool) -> Iterator[str]:
    """Can who sits between read which journeys there are?"""
    if not has_tls and not private and not is_here(urlsplit(f"//{address}").hostname):
        yield f"{name}: the engine is spoken to without TLS; name its certificates, or {_allow()}"


def of_a_key_file(name: str, path: Path | None) -> Iterator[str]:
    """Can everybody on this machine read this key?"""
    if path is None:
        return
    try:
        mode = path.stat().st_mode
    except OSError:
        return  # who needs it says that it is missing
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        yield f"{name}: everybody may read or write this file; take its mode down to 0440 or 0600"


def of_a_key_ring(name: str, path: Path) -> Iterator[str]:
    """Is one of its keys a word or a row of numbers, as keys of tests and examples are?"""
    yield from of_a_key_file(name, path)
    try:
        keys = json.loads(path.read_text())["keys"].values()
        written = any(is_made_by_hand(base64.b64decode(key)) for key in keys)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return  # who needs it says that it cannot be read
    if written:
        yield f"{name}: it holds a key that was written down, not drawn; `tio keys` draws one"


def is_made_by_hand(key: bytes) -> bool:
    """Was this key written down rather than drawn: a word, a row of numbers, zeros?"""
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    return key.isascii() or min(len(set(key)), len(steps)) < LEAST_VARIETY


def _can_be_guessed(password: str, user: str) -> bool:
    return (
        len(password) < SHORTEST_PASSWORD
        or password.lower() in GUESSED
        or password.lower() == user.lower()
        or len(set(password)) < SHORTEST_PASSWORD // 2
    )


def _allow() -> str:
    return f"{ALLOWED_BY} …_PRIVATE_NETWORK=true"
