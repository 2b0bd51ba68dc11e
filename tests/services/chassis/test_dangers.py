"""A deployment that is not safe does not start, and says everything that is not; one machine is."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from services.chassis import dangers
from services.chassis.settings import UnreadableSettings, expect_safe, read_settings
from services.coordination.settings import CoordinationSettings
from services.followup.settings import FollowupSettings
from workflows.codec import KeyRing
from workflows.settings import WorkflowSettings

DRAWN = "k3jD9-xkeLw0aPz"
POSTGRES = f"postgresql://tio_app:{DRAWN}@db.example.org/coordination?sslmode=verify-full"


@pytest.fixture
def ring(tmp_path: Path) -> Path:
    """Keys that were drawn, for their owner only."""
    KeyRing.create(tmp_path / "payload-keys.json")
    return tmp_path / "payload-keys.json"


def found(model: Any, **settings: Any) -> list[str]:
    """The names of the settings that make it unsafe."""
    return [danger.partition(":")[0] for danger in model(**settings).dangers()]


def a_service(ring: Path, **changes: Any) -> dict[str, Any]:
    """Coordination as part of a good deployment."""
    return {
        "database_url": POSTGRES,
        "jwks": "https://login.example.org/jwks",
        "issuer": "i",
        "audience": "a",
        "host": "0.0.0.0",
        "keys_file": ring,
        "temporal_address": "temporal.example.org:7233",
        "temporal_tls_ca_file": ring,
        "public_url": "https://tio.example.org",
        **{f"{one}_url": f"https://{one}" for one in ("assessment", "localization", "followup")},
    } | changes


def test_a_good_deployment_has_no_dangers(ring: Path) -> None:
    assert found(CoordinationSettings, **a_service(ring)) == []


def test_an_engine_that_knows_us_by_a_certificate_is_spoken_to_with_tls(ring: Path) -> None:
    """As whoever hosts it for others asks: its own certificate is known to every machine."""
    ours = {"temporal_tls_ca_file": None, "temporal_tls_certificate_file": ring}

    assert found(CoordinationSettings, **a_service(ring, **ours)) == []


def test_an_engine_without_a_port_is_not_this_machine() -> None:
    assert list(dangers.of_an_engine("ADDRESS", "temporal.example.org", False, False))
    assert not list(dangers.of_an_engine("ADDRESS", "localhost", False, False))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"jwks": "http://login.example.org/jwks"}, "JWKS"),
        ({"assessment_url": "http://assessment:8080"}, "ASSESSMENT_URL"),
        ({"public_url": "http://tio.example.org"}, "PUBLIC_URL"),
        ({"temporal_tls_ca_file": None}, "TEMPORAL_ADDRESS"),
        ({"database_url": POSTGRES.replace(DRAWN, "changeme")}, "DATABASE_URL"),
        ({"database_url": POSTGRES.replace(DRAWN, "aaaaaaaaaaaaaaaa")}, "DATABASE_URL"),
        ({"database_url": POSTGRES.replace(f":{DRAWN}", "")}, "DATABASE_URL"),
        ({"database_url": POSTGRES.replace("verify-full", "prefer")}, "DATABASE_URL"),
        ({"owner_database_url": POSTGRES.split("?")[0]}, "OWNER_DATABASE_URL"),
        ({"smtp_host": "mail.example.org", "smtp_password": DRAWN}, "SMTP_PASSWORD"),
        ({"rehearsal": True}, "REHEARSAL"),
    ],
)
def test_each_danger_is_named_once(ring: Path, changes: dict[str, Any], named: str) -> None:
    assert found(CoordinationSettings, **a_service(ring, **changes)) == [named]


def test_a_network_of_our_own_needs_no_tls_but_passwords_and_pages_do(ring: Path) -> None:
    plain = {
        "private_network": True,
        "jwks": "http://login/jwks",
        "assessment_url": "http://assessment:8080",
        "temporal_tls_ca_file": None,
        "database_url": POSTGRES.split("?")[0],
    }

    assert found(CoordinationSettings, **a_service(ring, **plain)) == []
    guessed = plain | {"database_url": "postgresql://tio:tio@db/x", "public_url": "http://tio"}
    both = ["DATABASE_URL", "PUBLIC_URL"]
    assert found(CoordinationSettings, **a_service(ring, **guessed)) == both


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_nothing_is_asked_of_what_stays_on_one_machine(ring: Path, host: str) -> None:
    here = {
        "database_url": f"postgresql://tio:tio@{host}/coordination",
        "jwks": "jwks.json",
        "host": "127.0.0.1",
        "temporal_address": f"{host}:7233",
        "temporal_tls_ca_file": None,
        "public_url": f"http://{host}:8080",
        "assessment_url": f"http://{host}:8080",
        "smtp_host": "localhost",
        "smtp_password": "x",
        "rehearsal": True,
    }

    assert found(CoordinationSettings, **a_service(ring, **here)) == []


def test_every_process_looks_at_whom_it_speaks_to(ring: Path, tmp_path: Path) -> None:
    common = {"database_url": POSTGRES, "jwks": "j", "issuer": "i", "audience": "a"}
    away = "http://coordination:8080"

    assert found(FollowupSettings, **common, coordination_url=away) == ["COORDINATION_URL"]
    worker = {"keys_file": ring, "signing_key_file": ring, "address": "temporal:7233"}
    assert found(WorkflowSettings, **worker, coordination_url=away) == [
        "ADDRESS",
        "COORDINATION_URL",
    ]


def test_a_key_that_everybody_reads_or_somebody_wrote_is_none(tmp_path: Path, ring: Path) -> None:
    for_all = tmp_path / "signing-key.json"
    for_all.write_text("{}")
    for_all.chmod(0o644)
    written = tmp_path / "written.json"
    key = base64.b64encode(bytes(range(32))).decode()
    written.write_text(json.dumps({"active": "k1", "keys": {"k1": key}}))
    written.chmod(0o600)

    changes = {"signing_key_file": for_all, "keys_file": written}
    named = found(CoordinationSettings, **a_service(ring, **changes))
    assert named == ["KEYS_FILE", "SIGNING_KEY_FILE"]
    for_all.chmod(0o440)
    assert found(CoordinationSettings, **a_service(ring, signing_key_file=for_all)) == []


@pytest.mark.parametrize(
    "key", [bytes(32), b"x" * 32, bytes(range(32)), b"correct horse battery staple 123"]
)
def test_words_and_rows_are_not_drawn(key: bytes) -> None:
    assert dangers.is_made_by_hand(key)
    drawn = bytes.fromhex("8f1c7de2905ab364f0277b11c9e8d34a66a1520d9fbe73c845f61e88ad0b394c")
    assert not dangers.is_made_by_hand(drawn)


def test_a_refusal_says_everything_and_no_value(ring: Path) -> None:
    settings = CoordinationSettings(
        **a_service(ring, database_url="postgresql://tio:changeme@db/x", rehearsal=True)
    )

    with pytest.raises(UnreadableSettings) as refusal:
        expect_safe(settings, "TIO_COORDINATION")
    said = str(refusal.value)
    assert said.count("TIO_COORDINATION_DATABASE_URL") == 2
    assert "TIO_COORDINATION_REHEARSAL" in said
    assert "changeme" not in said


def test_a_secret_is_read_from_the_file_that_is_named(tmp_path: Path) -> None:
    secret = tmp_path / "followup"
    secret.write_text(f"{POSTGRES}\n")
    environ = {
        "TIO_FOLLOWUP_DATABASE_URL_FILE": str(secret),
        "TIO_FOLLOWUP_JWKS": "j",
        "TIO_FOLLOWUP_ISSUER": "i",
        "TIO_FOLLOWUP_AUDIENCE": "a",
    }

    def read(**changes: str) -> FollowupSettings:
        return read_settings(FollowupSettings, "TIO_FOLLOWUP", environ | changes)

    assert read().database_url == POSTGRES
    with pytest.raises(UnreadableSettings, match="both set"):
        read(TIO_FOLLOWUP_DATABASE_URL=POSTGRES)
    with pytest.raises(UnreadableSettings, match="DATABASE_URL_FILE cannot be read"):
        read(TIO_FOLLOWUP_DATABASE_URL_FILE=str(tmp_path / "none"))
    with pytest.raises(UnreadableSettings, match="TIO_FOLLOWUP_NOTHING_FILE"):
        read(TIO_FOLLOWUP_NOTHING_FILE=str(secret))
