"""What follow-up has to be told."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from services.chassis import dangers
from services.chassis.settings import ServiceSettings


class FollowupSettings(ServiceSettings):
    """`TIO_FOLLOWUP_…`."""

    signing_key_file: Path | None = Field(
        default=None, description="private key to tell journeys with; without it, they have to ask"
    )
    coordination_url: str = Field(
        default="http://127.0.0.1:8080", description="where coordination answers"
    )

    def dangers(self) -> Iterator[str]:
        """What of this must not be so where more than this machine can look on."""
        yield from super().dangers()
        url = self.coordination_url
        yield from dangers.of_an_address("COORDINATION_URL", url, self.private_network)
        yield from dangers.of_a_key_file("SIGNING_KEY_FILE", self.signing_key_file)
