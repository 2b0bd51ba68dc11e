"""What stands where in the data folder of one machine, and the settings that follow from it."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from services.chassis.tokens import SigningKey, TokenMint

SERVICES = ("assessment", "localization", "followup", "coordination")
ISSUER = "tio-pathway"
AUDIENCE = "tio-pathway"


class DataFolderInUse(Exception):
    """Another process works in this folder; two on one folder would fight over its databases."""


class DataFolder:
    """One folder holds everything that has to survive: databases, journeys, keys."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.temporal_database = self.path / "temporal.db"
        self.payload_keys = self.path / "payload-keys.json"
        self.api_token = self.path / "api-token"
        self._signing_key = self.path / "signing-key.json"
        self._jwks = self.path / "jwks.json"
        self.secrets = (self.payload_keys, self._signing_key)
        """What opens the journeys and signs tokens; the rest of the folder is made from them."""
        self.erasure_log = self.path / "erasures.jsonl"
        self.restored = self.path / "restored.json"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the folder for this process until it ends, however it ends."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.path / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DataFolderInUse(f"{self.path} is in use by another process") from None
            yield

    def mint(self) -> TokenMint:
        """What signs this machine's tokens; its key is made on first use."""
        key = SigningKey.create_or_read(self._signing_key)
        key.publish(self._jwks)
        return TokenMint(key, ISSUER, AUDIENCE)

    def keep_api_token(self, token: str) -> None:
        """Leave a token where only the owner of the folder can read it."""
        fresh = self.api_token.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(token + "\n")
        os.replace(fresh, self.api_token)

    def database(self, name: str) -> Path:
        """The file of a service's database, or of the engine's (`temporal`)."""
        return self.path / f"{name}.db"

    def database_url(self, service: str) -> str:
        """Where a service remembers, in this folder."""
        return f"sqlite:///{self.database(service)}"

    def environ(self, service: str, given: Mapping[str, str]) -> dict[str, str]:
        """The service's variables: what this folder says, and above it what was given."""
        prefix = f"TIO_{service.upper()}_"
        here = {
            "DATABASE_URL": self.database_url(service),
            "JWKS": str(self._jwks),
            "ISSUER": ISSUER,
            "AUDIENCE": AUDIENCE,
        }
        return {prefix + name: value for name, value in here.items()} | {
            name: value for name, value in given.items() if name.startswith("TIO_")
        }
