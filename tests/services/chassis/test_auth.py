"""Nobody is believed without a good token, and nobody may more than it says."""

import base64
import json
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from services.chassis.auth import Caller, Verifier
from services.chassis.errors import Unauthorized
from services.chassis.keys import SEEK_AGAIN_AFTER, STALE_AFTER, Keys
from services.chassis.settings import ServiceSettings
from services.chassis.tokens import ServiceTokens, SigningKey, TokenMint
from tests.services.chassis.conftest import EVERYTHING, a_note, served
from tests.services.chassis.toy.app import create_app
from tests.services.conftest import AUDIENCE, ISSUER


def _claims(**changes: Any) -> dict[str, Any]:
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "lab",
        "organisation": "north",
        "scope": "system/*.cruds",
        "exp": int(time.time()) + 60,
    } | changes
    return {name: value for name, value in claims.items() if value is not None}


def _token(key: SigningKey, **changes: Any) -> str:
    header = {"alg": "ES256", "kid": key.key.kid}
    return jwt.encode(header, _claims(**changes), key.key, algorithms=["ES256"])


def _unsigned(header: dict[str, Any], signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(_claims()).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


async def _ask(settings: ServiceSettings, token: str | None) -> httpx2.Response:
    async with served(create_app(settings), token) as client:
        return await client.post("/toy/v1/evaluate", json=a_note())


def _refused_tokens(key: SigningKey) -> dict[str, str]:
    """Every kind of token that must not be believed."""
    stranger = ECKey.generate_key("P-256", {"kid": key.key.kid or ""})
    forged = SigningKey(stranger)
    public_pem = key.key.as_pem(private=False)
    public_json = json.dumps(key.key.as_dict(private=False)).encode()
    hs = {"alg": "HS256", "kid": key.key.kid}
    good = _token(key)
    head, _, signature = good.split(".")
    other_body = (
        base64.urlsafe_b64encode(json.dumps(_claims(organisation="south")).encode())
        .rstrip(b"=")
        .decode()
    )
    return {
        "forged by a stranger under our key id": _token(forged),
        "another body under a good signature": f"{head}.{other_body}.{signature}",
        "alg none": _unsigned({"alg": "none", "kid": key.key.kid}),
        "alg none in capitals": _unsigned({"alg": "NONE"}),
        "HS256 with our public key (PEM)": jwt.encode(
            hs, _claims(), OctKey.import_key(base64.b64encode(public_pem)), algorithms=["HS256"]
        ),
        "HS256 with our public key (JWK)": jwt.encode(
            hs, _claims(), OctKey.import_key(public_json), algorithms=["HS256"]
        ),
        "expired": _token(key, exp=int(time.time()) - 61),
        "without an end": _token(key, exp=None),
        "not yet": _token(key, nbf=int(time.time()) + 120),
        "for another audience": _token(key, aud="elsewhere"),
        "without an audience": _token(key, aud=None),
        "from another issuer": _token(key, iss="https://stranger.example"),
        "without an organisation": _token(key, organisation=None),
        "with an organisation that is no word": _token(key, organisation=["north"]),
        "without a subject": _token(key, sub=None),
        "an end that is no number": _token(key, exp="tomorrow"),
        "not a token": "abc",
        "three empty parts": "..",
        "not ASCII": "é.é.é",
    }


async def test_a_token_that_is_not_good_is_not_believed(
    sqlite_settings: ServiceSettings, key: SigningKey
) -> None:
    async with served(create_app(sqlite_settings)) as client:
        for kind, token in _refused_tokens(key).items():
            for _ in range(2):  # the second time it could be remembered
                headers = {b"Authorization": f"Bearer {token}".encode()}
                reply = await client.post("/toy/v1/evaluate", json=a_note(), headers=headers)
                assert reply.status_code == 401, kind
                assert reply.headers["www-authenticate"].startswith("Bearer error="), kind
                assert reply.headers["content-type"] == "application/problem+json"


async def test_without_a_token_nothing_is_done(sqlite_settings: ServiceSettings) -> None:
    reply = await _ask(sqlite_settings, None)

    assert reply.status_code == 401
    assert reply.headers["www-authenticate"] == "Bearer"


async def test_a_good_token_is_believed_and_names_its_organisation(
    sqlite_settings: ServiceSettings, key: SigningKey
) -> None:
    assert (await _ask(sqlite_settings, _token(key))).status_code == 200
    assert (await _ask(sqlite_settings, _token(key, aud=["x", AUDIENCE]))).status_code == 200


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ("system/Note.c", True),
        ("user/Note.cud", True),
        ("system/*.cruds", True),
        ("system/Note.r system/Note.c", True),
        ("system/Note.write", True),
        ("system/Note.rs", False),
        ("system/Observation.c", False),
        ("patient/Note.c", False),
        ("patient/*.cruds", False),
        ("system/Note.c?category=x", False),
        ("system/Note.sc", False),
        ("openid profile", False),
        ("", False),
    ],
)
async def test_a_scope_allows_what_it_says_and_nothing_else(
    sqlite_settings: ServiceSettings, mint: TokenMint, scope: str, allowed: bool
) -> None:
    reply = await _ask(sqlite_settings, mint.mint("lab", "north", scope.split()))

    assert reply.status_code == (200 if allowed else 403)
    if not allowed:
        assert 'scope="system/Note.c"' in reply.headers["www-authenticate"]


async def test_another_organisations_record_is_not_there(
    app: FastAPI, toy: httpx2.AsyncClient, mint: TokenMint
) -> None:
    note = (await toy.post("/toy/v1/notes", json=a_note())).json()
    south = {"Authorization": f"Bearer {mint.mint('lab', 'south', EVERYTHING)}"}

    assert (await toy.get(f"/toy/v1/notes/{note['id']}")).status_code == 200
    assert (await toy.get(f"/toy/v1/notes/{note['id']}", headers=south)).status_code == 404


async def test_a_remembered_token_still_ends(jwks: Path, key: SigningKey) -> None:
    now = [time.time()]
    verifier = Verifier(Keys(str(jwks)), ISSUER, AUDIENCE, clock=lambda: now[0])
    token = _token(key, exp=int(now[0]) + 60)
    assert (await verifier.caller(token)).subject == "lab"

    now[0] += 91
    with pytest.raises(Unauthorized):
        await verifier.caller(token)


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("RS256", RSAKey.generate_key(2048)),
        ("RS384", RSAKey.generate_key(2048)),
        ("ES384", ECKey.generate_key("P-384")),
        ("EdDSA", OKPKey.generate_key("Ed25519")),
        ("Ed25519", OKPKey.generate_key("Ed25519")),
    ],
)
async def test_every_accepted_algorithm_is_accepted(
    tmp_path: Path, algorithm: str, key: RSAKey | ECKey | OKPKey
) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    token = jwt.encode({"alg": algorithm}, _claims(), key, algorithms=[algorithm])

    assert (await Verifier(Keys(str(path)), ISSUER, AUDIENCE).caller(token)).subject == "lab"


async def test_a_new_key_is_found_and_a_withdrawn_one_forgotten(tmp_path: Path) -> None:
    now = [0.0]
    path = tmp_path / "jwks.json"
    old, new = (SigningKey.create_or_read(tmp_path / name) for name in ("old", "new"))
    old.publish(path)
    verifier = Verifier(Keys(str(path), clock=lambda: now[0]), ISSUER, AUDIENCE)
    await verifier.caller(_token(old))

    new.publish(path)
    now[0] = SEEK_AGAIN_AFTER / 2
    with pytest.raises(Unauthorized):
        await verifier.caller(_token(new))  # asked too soon after the last reading
    now[0] = SEEK_AGAIN_AFTER + 1
    await verifier.caller(_token(new))
    with pytest.raises(Unauthorized):
        await verifier.caller(_token(old))

    old.publish(path)
    now[0] += STALE_AFTER + 1
    with pytest.raises(Unauthorized):
        await verifier.caller(_token(new))


async def test_keys_that_are_away_are_an_outage_and_not_a_refusal(
    sqlite_settings: ServiceSettings, key: SigningKey, tmp_path: Path
) -> None:
    away = sqlite_settings.model_copy(update={"jwks": str(tmp_path / "nowhere.json")})

    assert (await _ask(away, _token(key))).status_code == 503


def test_the_first_to_ask_makes_the_key_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "data" / "key.json"
    first, second = SigningKey.create_or_read(path), SigningKey.create_or_read(path)

    assert first.jwks() == second.jwks()
    assert path.stat().st_mode & 0o777 == 0o600
    assert "d" not in first.jwks()["keys"][0]
    assert list(path.parent.iterdir()) == [path]


def test_a_service_uses_its_token_until_half_its_life_is_over(mint: TokenMint) -> None:
    now = [0.0]
    tokens = ServiceTokens(mint, "worker", EVERYTHING, lifetime=300, clock=lambda: now[0])
    first = tokens("north")

    now[0] = 149
    assert tokens("north") == first
    assert tokens("south") != first
    now[0] = 150
    assert tokens("north") != first


def test_a_caller_can_be_made_for_background_work() -> None:
    caller = Caller.of("relay", "north", "system/Task.ru")

    assert caller.may("Task", "u")
    assert not caller.may("Task", "c")
