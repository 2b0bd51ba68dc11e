"""What follow-up has to be told."""

from pathlib import Path

from pydantic import Field

from services.chassis.settings import ServiceSettings


class FollowupSettings(ServiceSettings):
    """`TIO_FOLLOWUP_…`."""

    signing_key_file: Path | None = Field(
        default=None, description="private key to tell journeys with; without it, they have to ask"
    )
    coordination_url: str = "http://127.0.0.1:8080"
