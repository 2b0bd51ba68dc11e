"""The page of settings is what the code reads, and a process that is not safe does not start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from deploy import settings_reference
from deploy.settings_reference import PAGE, PROCESSES, drawn, undescribed


def test_every_setting_says_what_it_is_for() -> None:
    assert undescribed() == []


def test_a_setting_without_a_word_has_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mute(BaseModel):
        """Says nothing."""

        secret: str

    monkeypatch.setattr(settings_reference, "PROCESSES", {"TIO_MUTE": ("mute", Mute)})
    with pytest.raises(ValueError, match="TIO_MUTE_SECRET"):
        drawn()


def test_the_page_is_what_the_models_say() -> None:
    assert PAGE.read_text() == drawn(), "run `make settings`"


def test_every_setting_is_on_the_page() -> None:
    page = PAGE.read_text()
    for prefix, (_, model) in PROCESSES.items():
        own = settings_reference.settings_of(model)
        assert all(f"`{prefix}_{name.upper()}`" in page for name in own)


@pytest.mark.parametrize("command", [("services.followup",), ("workflows",)])
def test_a_process_of_a_deployment_that_is_not_safe_does_not_start(
    command: tuple[str], tmp_path: Path
) -> None:
    key = tmp_path / "key.json"
    key.write_text("{}")
    key.chmod(0o644)
    environ = {
        "TIO_FOLLOWUP_DATABASE_URL": "postgresql://tio:tio@db.example.org/followup",
        "TIO_FOLLOWUP_JWKS": "jwks.json",
        "TIO_FOLLOWUP_ISSUER": "i",
        "TIO_FOLLOWUP_AUDIENCE": "a",
        "TIO_FOLLOWUP_SIGNING_KEY_FILE": str(key),
        "TIO_WORKFLOWS_KEYS_FILE": str(key),
        "TIO_WORKFLOWS_SIGNING_KEY_FILE": str(key),
    }

    refused = subprocess.run(
        [sys.executable, "-m", *command],
        env={"PATH": os.environ["PATH"]} | environ,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert refused.returncode == 2
    assert "not safe" in refused.stderr
    assert "SIGNING_KEY_FILE" in refused.stderr
    assert "tio:tio" not in refused.stderr
