"""What a worker has to be told, and what it takes for granted otherwise."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field
from temporalio.service import TLSConfig

from services.chassis import dangers
from services.chassis.settings import ProcessSettings
from workflows.client import tls_with

PREFIX = "TIO_WORKFLOWS"


class WorkflowSettings(ProcessSettings):
    """`TIO_WORKFLOWS_…`."""

    address: str = Field(default="127.0.0.1:7233", description="the workflow engine")
    namespace: str = Field(default="default", description="the engine's namespace")
    tls_ca_file: Path | None = Field(default=None, description="who vouches for the engine")
    tls_certificate_file: Path | None = Field(default=None, description="how we prove who we are")
    tls_key_file: Path | None = Field(default=None, description="the key of that certificate")
    keys_file: Path = Field(
        description="JSON with the keys that encrypt payloads, and the active one"
    )
    signing_key_file: Path = Field(description="private key that signs our tokens for the services")
    issuer: str = Field(default="tio-pathway", description="the `iss` of these tokens")
    audience: str = Field(default="tio-pathway", description="the `aud` of these tokens")
    assessment_url: str = Field(
        default="http://127.0.0.1:8080", description="where assessment answers"
    )
    localization_url: str = Field(
        default="http://127.0.0.1:8080", description="where localization answers"
    )
    followup_url: str = Field(default="http://127.0.0.1:8080", description="where followup answers")
    coordination_url: str = Field(
        default="http://127.0.0.1:8080", description="where coordination answers"
    )
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
    port: int = Field(default=8090, ge=0, le=65535, description="at which port; 0 takes a free one")

    def dangers(self) -> Iterator[str]:
        """What of this must not be so where more than this machine can look on."""
        private = self.private_network
        has_tls = (self.tls_ca_file or self.tls_certificate_file) is not None
        yield from dangers.of_an_engine("ADDRESS", self.address, has_tls, private)
        for service in ("assessment", "localization", "followup", "coordination"):
            url = getattr(self, f"{service}_url")
            yield from dangers.of_an_address(f"{service.upper()}_URL", url, private)
        yield from dangers.of_a_key_ring("KEYS_FILE", self.keys_file)
        for name in ("signing_key_file", "tls_key_file"):
            yield from dangers.of_a_key_file(name.upper(), getattr(self, name))

    def tls(self) -> TLSConfig | None:
        """How the connection is protected; None is a connection within one machine."""
        return tls_with(self.tls_ca_file, self.tls_certificate_file, self.tls_key_file)
