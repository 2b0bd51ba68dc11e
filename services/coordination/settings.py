"""What coordination has to be told, and what it takes for granted otherwise."""

from pathlib import Path

from pydantic import Field

from services.chassis.settings import ServiceSettings


class CoordinationSettings(ServiceSettings):
    """`TIO_COORDINATION_…`."""

    temporal_address: str = Field(default="127.0.0.1:7233", description="the workflow engine")
    temporal_namespace: str = "default"
    keys_file: Path = Field(
        default=Path("journey-keys.json"), description="the keys that encrypt what journeys hear"
    )
    signing_key_file: Path | None = Field(
        default=None, description="private key to ask other services with; without it, no reasons"
    )
    assessment_url: str = "http://127.0.0.1:8080"
    localization_url: str = "http://127.0.0.1:8080"
    followup_url: str = "http://127.0.0.1:8080"
    public_url: str = Field(
        default="http://127.0.0.1:8080",
        description="where people reach the pages; links in messages begin with it",
    )
    rehearsal: bool = Field(default=False, description="let journeys' clocks be moved by hand")
    webhook_private_networks: bool = Field(
        default=False, description="webhooks may go to http and to private addresses"
    )
    webhook_timeout_seconds: float = Field(default=10, gt=0)
    smtp_host: str | None = Field(default=None, description="without it no e-mail leaves")
    smtp_port: int = Field(default=25, gt=0, le=65535)
    smtp_username: str | None = None
    smtp_password: str | None = None
    smtp_start_tls: bool | None = Field(
        default=None, description="true demands it, false forbids it, unset takes it if offered"
    )
    mail_from: str = "care-pathway@localhost"
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
        default=11, ge=1, description="smaller numbers of patients are not shown to managers"
    )
    session_hours: float = Field(default=12, gt=0, description="how long a sign-in lasts")
