"""A variable nobody reads stops the start."""

import pytest

from services.chassis.settings import ServiceSettings, UnreadableSettings, read_settings

GOOD = {
    "TIO_ASSESSMENT_DATABASE_URL": "sqlite:///x.db",
    "TIO_ASSESSMENT_JWKS": "jwks.json",
    "TIO_ASSESSMENT_ISSUER": "i",
    "TIO_ASSESSMENT_AUDIENCE": "a",
}


def test_the_environment_becomes_settings() -> None:
    environ = GOOD | {
        "TIO_ASSESSMENT_MAX_BODY_BYTES": "5",
        "TIO_LOCALIZATION_ANYTHING": "another part's",
        "PATH": "/bin",
    }
    settings = read_settings(ServiceSettings, "TIO_ASSESSMENT", environ)

    assert settings.max_body_bytes == 5
    assert settings.database_url == "sqlite:///x.db"


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        (GOOD | {"TIO_ASSESSMENT_DATABSE_URL": "secret"}, "TIO_ASSESSMENT_DATABSE_URL"),
        (GOOD | {"TIO_ASESSMENT_DATABASE_URL": "secret"}, "TIO_ASESSMENT_DATABASE_URL"),
        (GOOD | {"TIO_ASSESSMENT_MAX_BODY_BYTES": "secret"}, "TIO_ASSESSMENT_MAX_BODY_BYTES"),
        ({k: v for k, v in GOOD.items() if "JWKS" not in k}, "TIO_ASSESSMENT_JWKS"),
    ],
)
def test_a_setting_that_cannot_be_meant_stops_the_start(
    environ: dict[str, str], named: str
) -> None:
    with pytest.raises(UnreadableSettings, match=named) as refusal:
        read_settings(ServiceSettings, "TIO_ASSESSMENT", environ)
    assert "secret" not in str(refusal.value)


def test_settings_cannot_be_changed_afterwards() -> None:
    settings = read_settings(ServiceSettings, "TIO_ASSESSMENT_", GOOD)
    with pytest.raises(ValueError, match="frozen"):
        settings.issuer = "other"  # type: ignore[misc]
