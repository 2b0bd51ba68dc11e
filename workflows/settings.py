"""What a worker has to be told, and what it takes for granted otherwise."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from temporalio.service import TLSConfig

PREFIX = "TIO_WORKFLOWS"


class WorkflowSettings(BaseModel):
    """`TIO_WORKFLOWS_…`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: str = Field(default="127.0.0.1:7233", description="the workflow engine")
    namespace: str = "default"
    tls_ca_file: Path | None = Field(default=None, description="who vouches for the engine")
    tls_certificate_file: Path | None = Field(default=None, description="how we prove who we are")
    tls_key_file: Path | None = Field(default=None, description="the key of that certificate")
    keys_file: Path = Field(
        description="JSON with the keys that encrypt payloads, and the active one"
    )
    signing_key_file: Path = Field(description="private key that signs our tokens for the services")
    issuer: str = Field(default="tio-pathway", description="the `iss` of these tokens")
    audience: str = Field(default="tio-pathway", description="the `aud` of these tokens")
    assessment_url: str = "http://127.0.0.1:8080"
    localization_url: str = "http://127.0.0.1:8080"
    followup_url: str = "http://127.0.0.1:8080"
    coordination_url: str = "http://127.0.0.1:8080"
    editions_file: Path | None = Field(
        default=None, description="JSON: edition, service, address; for journeys that stay with one"
    )
    build_id: str | None = Field(
        default=None, description="the version of this worker; without it, versions are not used"
    )
    cached_journeys: int = Field(default=500, gt=0, description="kept in memory, 90 KB each")
    keys_remembered: int = Field(default=1000, gt=0, description="journeys' keys in memory at once")
    keys_remembered_seconds: float = Field(
        default=60, gt=0, description="so long after its destruction a key may still be known"
    )
    calls_at_once: int = Field(
        default=40, gt=0, description="to services; spares them after outages"
    )
    host: str = Field(default="127.0.0.1", description="where health and metrics are answered")
    port: int = Field(default=8090, ge=0, le=65535)
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    def tls(self) -> TLSConfig | None:
        """How the connection is protected; None is a connection within one machine."""
        if self.tls_ca_file is None and self.tls_certificate_file is None:
            return None
        return TLSConfig(
            server_root_ca_cert=_content(self.tls_ca_file),
            client_cert=_content(self.tls_certificate_file),
            client_private_key=_content(self.tls_key_file),
        )


def _content(file: Path | None) -> bytes | None:
    return None if file is None else file.read_bytes()
