"""Whom every service in these tests believes: one key, its public half, and tokens made with it."""

from pathlib import Path

import pytest

from services.chassis.tokens import SigningKey, TokenMint

ISSUER, AUDIENCE = "https://issuer.example", "tio"


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    """The key that signs tokens in these tests."""
    return SigningKey.create_or_read(tmp_path_factory.mktemp("keys") / "private.json")


@pytest.fixture(scope="session")
def jwks(key: SigningKey, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file with its public half."""
    path = tmp_path_factory.mktemp("jwks") / "jwks.json"
    key.publish(path)
    return path


@pytest.fixture(scope="session")
def mint(key: SigningKey) -> TokenMint:
    """Makes tokens the services believe."""
    return TokenMint(key, ISSUER, AUDIENCE)
