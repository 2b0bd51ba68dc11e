"""Who is asking, a practitioner or a system, and with which scopes (SMART App Launch 2)."""

import hashlib
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBearer as BearerScheme
from fastapi.security.base import SecurityBase
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import extract_compact

from services.chassis.context import now_for
from services.chassis.errors import Forbidden, Unauthorized
from services.chassis.keys import ALGORITHMS, Keys

LEEWAY_SECONDS = 30
REMEMBERED_TOKENS = 10_000

_SCOPE = re.compile(r"(?:system|user)/(\*|[A-Za-z]+)\.(c?r?u?d?s?|read|write|\*)")
_V1 = {"read": "rs", "write": "cud", "*": "cruds"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, for which organisation, and what they may do."""

    subject: str
    organisation: str
    scopes: frozenset[str] = frozenset()
    display: str | None = None
    grants: Mapping[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(
        cls, subject: str, organisation: str, scopes: str, display: str | None = None
    ) -> "Caller":
        """The caller whom these scopes, written with blanks between, were granted."""
        listed = frozenset(scopes.split())
        return cls(subject, organisation, listed, display, _grants(listed))

    def may(self, resource: str, verbs: str) -> bool:
        """Do the scopes allow all of these verbs (`c r u d s`) on this resource?"""
        nothing: frozenset[str] = frozenset()
        granted = self.grants.get(resource, nothing) | self.grants.get("*", nothing)
        return granted.issuperset(verbs)


def _grants(scopes: frozenset[str]) -> dict[str, frozenset[str]]:
    """What each scope allows. `patient/` scopes, and those narrowed by a search, allow nothing."""
    grants: dict[str, frozenset[str]] = {}
    for scope in scopes:
        if match := _SCOPE.fullmatch(scope):
            resource, verbs = match.groups()
            grants[resource] = grants.get(resource, frozenset()) | set(_V1.get(verbs, verbs))
    return grants


class Verifier:
    """Turns a token into its caller, or says why not."""

    def __init__(
        self, keys: Keys, issuer: str, audience: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._keys, self._issuer, self._audience, self._clock = keys, issuer, audience, clock
        self._known: dict[bytes, tuple[float, int, Caller]] = {}

    async def caller(self, token: str) -> Caller:
        """Who holds this token? A token that was checked before is not checked again."""
        fingerprint = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        known = self._known.get(fingerprint)
        now = self._clock()
        if known and known[0] > now and known[1] == await self._keys.generation():
            return known[2]
        claims = await self._claims(token)
        caller, until = self._accept(claims, now)
        if len(self._known) >= REMEMBERED_TOKENS:
            self._known.clear()
        self._known[fingerprint] = (until, await self._keys.generation(), caller)
        return caller

    async def _claims(self, token: str) -> dict[str, Any]:
        try:
            kid, algorithm = _header(token)
        except (ValueError, JoseError):
            raise _refused("this is not a signed token") from None
        if algorithm not in ALGORITHMS:
            raise _refused("the token is signed in a way that is not accepted")
        for key in await self._keys.find(kid):
            try:
                return dict(jwt.decode(token, key, algorithms=[algorithm]).claims)
            except (JoseError, ValueError):
                continue
        raise _refused("the token is not signed by a key we know")

    def _accept(self, claims: dict[str, Any], now: float) -> tuple[Caller, float]:
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        expires, not_before = claims.get("exp"), claims.get("nbf", 0)
        if claims.get("iss") != self._issuer:
            raise _refused("the token comes from another issuer")
        if self._audience not in audiences:
            raise _refused("the token is meant for another audience")
        if not isinstance(expires, int | float) or not isinstance(not_before, int | float):
            raise _refused("the token does not say how long it holds")
        if expires + LEEWAY_SECONDS <= now:
            raise _refused("the token has expired")
        if not_before - LEEWAY_SECONDS > now:
            raise _refused("the token does not hold yet")
        subject, organisation = claims.get("sub"), claims.get("organisation")
        if not isinstance(subject, str) or not subject:
            raise _refused("the token does not say who holds it")
        if not isinstance(organisation, str) or not organisation:
            raise _refused("the token does not name an organisation")
        scope, display = claims.get("scope", ""), claims.get("name")
        return Caller.of(
            subject,
            organisation,
            scope if isinstance(scope, str) else " ".join(map(str, scope or ())),
            display if isinstance(display, str) else None,
        ), expires + LEEWAY_SECONDS


def _header(token: str) -> tuple[str | None, str]:
    header = extract_compact(token.encode("ascii")).headers()
    kid, algorithm = header.get("kid"), header.get("alg")
    return (kid if isinstance(kid, str) else None), str(algorithm)


def _refused(because: str) -> Unauthorized:
    challenge = f'Bearer error="invalid_token", error_description="{because}"'
    return Unauthorized(because, headers={"WWW-Authenticate": challenge})


class Bearer(SecurityBase):
    """The dependency that knows the caller, and tells OpenAPI how to become one."""

    def __init__(self) -> None:
        self.model = BearerScheme(bearerFormat="JWT", description="OAuth 2 access token")
        self.scheme_name = "bearer"

    async def __call__(self, request: Request) -> Caller:
        """Who is asking? 401 when we cannot know."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise Unauthorized("a bearer token is needed", headers={"WWW-Authenticate": "Bearer"})
        verifier: Verifier = request.app.state.verifier
        caller = await verifier.caller(token.strip())
        now_for(caller.organisation)
        return caller


authenticated = Bearer()
"""`Depends(authenticated)`: the caller, whatever their scopes."""


class Permitted(Bearer):
    """The caller, if their scopes allow it; one dependency, because each costs every request."""

    def __init__(self, resource: str, verbs: str) -> None:
        super().__init__()
        self._resource, self._verbs = resource, verbs

    async def __call__(self, request: Request) -> Caller:
        """Who is asking, and may they? 403 when not."""
        caller = await super().__call__(request)
        if caller.may(self._resource, self._verbs):
            return caller
        needed = f"system/{self._resource}.{self._verbs}"
        raise Forbidden(
            f"this needs the scope {needed}",
            headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{needed}"'},
        )


def requires(resource: str, verbs: str) -> Any:
    """The caller, if they may: `caller: Annotated[Caller, requires("Observation", "c")]`."""
    return Depends(Permitted(resource, verbs))


class Named(Bearer):
    """The caller, if their token names this very scope; `system/*` does not stand for it."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self._scope = scope

    async def __call__(self, request: Request) -> Caller:
        """Who is asking, and were they given this? 403 when not."""
        caller = await super().__call__(request)
        if self._scope in caller.scopes:
            return caller
        raise Forbidden(
            f"this needs the scope {self._scope}",
            headers={
                "WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{self._scope}"'
            },
        )


def requires_by_name(scope: str) -> Any:
    """The caller, if they were given this scope by its name; nobody has it by the way."""
    return Depends(Named(scope))
