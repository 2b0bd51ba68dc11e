"""What coordination has to be told, and what it takes for granted otherwise."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from services.chassis import dangers
from services.chassis.settings import ServiceSettings


class CoordinationSettings(ServiceSettings):
    """`TIO_COORDINATION_…`."""

    temporal_address: str = Field(default="127.0.0.1:7233", description="the workflow engine")
    temporal_namespace: str = Field(default="default", description="the engine's namespace")
    temporal_tls_ca_file: Path | None = Field(
        default=None, description="who vouches for the engine"
    )
    temporal_tls_certificate_file: Path | None = Field(
        default=None, description="how we prove to the engine who we are"
    )
    temporal_tls_key_file: Path | None = Field(
        default=None, description="the key of that certificate"
    )
    keys_file: Path = Field(
        default=Path("journey-keys.json"), description="the keys that encrypt what journeys hear"
    )
    signing_key_file: Path | None = Field(
        default=None, description="private key to ask other services with; without it, no reasons"
    )
    assessment_url: str = Field(
        default="http://127.0.0.1:8080", description="where assessment answers"
    )
    localization_url: str = Field(
        default="http://127.0.0.1:8080", description="where localization answers"
    )
    followup_url: str = Field(default="http://127.0.0.1:8080", description="where followup answers")
    public_url: str = Field(
        default="http://127.0.0.1:8080",
        description="where people reach the pages; links in messages begin with it",
    )
    rehearsal: bool = Field(default=False, description="let journeys' clocks be moved by hand")
    webhook_private_networks: bool = Field(
        default=False, description="webhooks may go to http and to private addresses"
    )
    webhook_timeout_seconds: float = Field(
        default=10, gt=0, description="how long a receiver may take"
    )
    smtp_host: str | None = Field(default=None, description="without it no e-mail leaves")
    smtp_port: int = Field(default=25, gt=0, le=65535, description="the mail relay's port")
    smtp_username: str | None = Field(default=None, description="who we are to the mail relay")
    smtp_password: str | None = Field(default=None, description="and how we prove it")
    smtp_start_tls: bool | None = Field(
        default=None, description="true demands it, false forbids it, unset takes it if offered"
    )
    mail_from: str = Field(default="care-pathway@localhost", description="whom e-mails come from")
    relay_interval_seconds: float = Field(
        default=1, gt=0, description="how often the relays look when nobody calls them"
    )
    retry_first_seconds: float = Field(default=1, gt=0, description="the first pause after failing")
    retry_most_seconds: float = Field(default=300, gt=0, description="the longest pause")
    stuck_after_seconds: float = Field(
        default=300, gt=0, description="how late something is before somebody looks why"
    )
    stuck_interval_seconds: float = Field(
        default=60, gt=0, description="how often it is looked for journeys that do not go on"
    )
    looked_at_per_round: int = Field(
        default=50, ge=0, description="open journeys the engine is asked about each time, in turn"
    )
    repair_stuck: bool = Field(
        default=True, description="repair what can be repaired; false only shows it"
    )
    archive_interval_seconds: float = Field(
        default=600, gt=0, description="how often runs that have ended are kept"
    )
    lease_seconds: float = Field(default=10, gt=0, description="how long a silent relay is trusted")
    smallest_cell: int = Field(
        default=11,
        ge=1,
        description="smaller numbers of patients are shown neither to managers nor as metrics",
    )
    programme_interval_seconds: float = Field(
        default=300,
        ge=0,
        description="how often the funnel and its days are counted for the metrics; 0 is never",
    )
    erasure_log: Path | None = Field(
        default=None,
        description="where it is written down, ids only, who asked to be forgotten: after a "
        "restore they are forgotten again (docs/backup-and-restore.md); best on another disk",
    )
    session_hours: float = Field(default=12, gt=0, description="how long a sign-in lasts")

    def dangers(self) -> Iterator[str]:
        """What of this must not be so where more than this machine can look on."""
        yield from super().dangers()
        for service in ("assessment", "localization", "followup"):
            name, url = f"{service.upper()}_URL", getattr(self, f"{service}_url")
            yield from dangers.of_an_address(name, url, self.private_network)
        yield from dangers.of_a_page("PUBLIC_URL", self.public_url)
        yield from dangers.of_an_engine(
            "TEMPORAL_ADDRESS",
            self.temporal_address,
            (self.temporal_tls_ca_file or self.temporal_tls_certificate_file) is not None,
            self.private_network,
        )
        yield from dangers.of_a_key_ring("KEYS_FILE", self.keys_file)
        for name in ("signing_key_file", "temporal_tls_key_file"):
            yield from dangers.of_a_key_file(name.upper(), getattr(self, name))
        in_the_clear = self.smtp_start_tls is not True and not dangers.is_here(self.smtp_host)
        if self.smtp_password is not None and in_the_clear:
            yield "SMTP_PASSWORD: it may travel in the clear; add SMTP_START_TLS=true"
        if self.rehearsal and not dangers.is_here(self.host):
            yield "REHEARSAL: clocks moved by hand are for practice, on one machine only"
