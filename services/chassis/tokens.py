"""Our own tokens: for a system on one machine, and for one service calling another."""

import json
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Self
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey

from services.chassis.key_files import write_once

ALGORITHM = "ES256"


class SigningKey:
    """A private key that only its owner can read."""

    def __init__(self, key: ECKey) -> None:
        self.key = key

    @classmethod
    def create_or_read(cls, path: Path) -> Self:
        """The key in this file; the first to ask makes it, and all others find the same."""
        try:
            return cls.read(path)
        except FileNotFoundError:
            pass
        key = ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
        write_once(path, json.dumps(key.as_dict(private=True)))
        return cls.read(path)

    @classmethod
    def read(cls, path: Path) -> Self:
        """The key in this file."""
        return cls(ECKey.import_key(json.loads(path.read_text())))

    def jwks(self) -> dict[str, Any]:
        """The public half, as a JWK Set."""
        return {"keys": [self.key.as_dict(private=False)]}

    def publish(self, path: Path) -> None:
        """Write the public half where services look for it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
            json.dump(self.jwks(), file)
        os.chmod(file.name, 0o644)
        os.replace(file.name, path)


class TokenMint:
    """Makes the tokens with which a caller is known."""

    def __init__(
        self, key: SigningKey, issuer: str, audience: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._key, self._issuer, self._audience, self._clock = key, issuer, audience, clock

    def mint(
        self,
        subject: str,
        organisation: str,
        scopes: Iterable[str],
        lifetime: int = 300,
        *,
        display: str | None = None,
    ) -> str:
        """A token for this subject and organisation that holds for `lifetime` seconds."""
        now = int(self._clock())
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": subject,
            "organisation": organisation,
            "scope": " ".join(scopes),
            "iat": now,
            "exp": now + lifetime,
            "jti": str(uuid4()),
        }
        if display:
            claims["name"] = display
        header = {"alg": ALGORITHM, "kid": self._key.key.kid, "typ": "JWT"}
        return jwt.encode(header, claims, self._key.key, algorithms=[ALGORITHM])


class ServiceTokens:
    """One caller's tokens, made when needed and used again until shortly before they end."""

    def __init__(
        self,
        mint: TokenMint,
        subject: str,
        scopes: Iterable[str],
        lifetime: int = 300,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._mint, self._subject, self._scopes = mint, subject, tuple(scopes)
        self._lifetime, self._clock = lifetime, clock
        self._made: dict[str, tuple[float, str]] = {}

    def __call__(self, organisation: str) -> str:
        """A token that still holds for a while."""
        now = self._clock()
        made = self._made.get(organisation)
        if made is None or made[0] <= now:
            token = self._mint.mint(self._subject, organisation, self._scopes, self._lifetime)
            made = self._made[organisation] = (now + self._lifetime / 2, token)
        return made[1]
