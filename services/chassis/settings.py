"""Environment to frozen settings; a variable nobody reads stops the start."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.chassis import dangers

KNOWN = ("ASSESSMENT", "LOCALIZATION", "FOLLOWUP", "COORDINATION", "WORKFLOWS")


class UnreadableSettings(Exception):
    """The environment says something nobody understands; the process must not start."""


class ProcessSettings(BaseModel):
    """What any process of a deployment has to be told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="which lines of the log are written, and those that are graver"
    )
    traces_url: str | None = Field(
        default=None,
        description="where traces are sent (OTLP over http, http://collector:4318/v1/traces); "
        "without it nothing is traced",
    )
    traces_share: float = Field(
        default=1, ge=0, le=1, description="which share of what nobody traces yet is traced"
    )
    private_network: bool = Field(
        default=False,
        description="the network between processes, databases and engine is nobody else's (a "
        "policy or a cable says so): no TLS is asked for there",
    )

    def dangers(self) -> Iterator[str]:
        """What of this must not be so where more than this machine can look on."""
        raise NotImplementedError


class ServiceSettings(ProcessSettings):
    """What every service has to be told."""

    database_url: str = Field(
        description="sqlite:///file or postgresql://…, there with a role that owns nothing"
    )
    owner_database_url: str | None = Field(
        default=None,
        description="the same for the role that owns the tables: then this process brings them to "
        "their newest shape as it starts; without it `tio migrate` does (only PostgreSQL)",
    )
    jwks: str = Field(description="path or http(s) address of the JWK Set that signs our tokens")
    issuer: str = Field(description="the `iss` every token must carry")
    audience: str = Field(description="the `aud` every token must carry")
    max_body_bytes: int = Field(default=1_000_000, gt=0, description="larger requests get 413")
    requests_per_minute: int = Field(default=0, ge=0, description="per caller; 0 is no limit")
    host: str = Field(default="127.0.0.1", description="where this process listens")
    port: int = Field(default=8080, ge=0, le=65535, description="at which port; 0 takes a free one")

    def dangers(self) -> Iterator[str]:
        """What of this must not be so where more than this machine can look on."""
        yield from dangers.of_an_address("JWKS", self.jwks, self.private_network)
        for name in ("database_url", "owner_database_url"):
            if url := getattr(self, name, None):
                yield from dangers.of_a_database(name.upper(), url, self.private_network)


M = TypeVar("M", bound=BaseModel)


def read_settings(model: type[M], prefix: str, environ: Mapping[str, str]) -> M:
    """What does the environment tell this process, and is there anything it misspells?

    `prefix` is `TIO_ASSESSMENT`; the value of a variable is never repeated in a complaint.
    """
    prefix = prefix.rstrip("_") + "_"
    known = {f"TIO_{name}_" for name in KNOWN} | {prefix}
    for variable in sorted(environ):
        if variable.startswith("TIO_") and not variable.startswith(tuple(known)):
            raise UnreadableSettings(
                f"{variable} is set, but no part of this system reads it; "
                f"its name must begin with one of {', '.join(sorted(known))}"
            )
    given = {
        variable.removeprefix(prefix).lower(): value
        for variable, value in environ.items()
        if variable.startswith(prefix)
    }
    files = {name for name in given if name.endswith("_file")} - model.model_fields.keys()
    for name in sorted(files):
        _from_a_file(prefix, name.removesuffix("_file"), given, model)
    try:
        return model.model_validate(given)
    except ValidationError as refusal:
        raise UnreadableSettings(
            "; ".join(
                _complaint(prefix, error["type"], error["loc"], error["msg"], model)
                for error in refusal.errors(include_input=False, include_url=False)
            )
        ) from None


def _from_a_file(prefix: str, name: str, given: dict[str, str], model: type[BaseModel]) -> None:
    """Take a setting's value from the file that its variable with `_FILE` names, as secrets are."""
    if name not in model.model_fields:
        return  # it is complained of as what it is: no setting
    variable = prefix + name.upper()
    if name in given:
        raise UnreadableSettings(f"{variable} and {variable}_FILE are both set; one has to go")
    try:
        given[name] = Path(given.pop(f"{name}_file")).read_text().strip()
    except OSError as error:
        raise UnreadableSettings(f"{variable}_FILE cannot be read: {error.strerror}") from None


def expect_safe(settings: ProcessSettings, prefix: str) -> None:
    """Refuse to be part of a deployment that is unsafe, and say everything that makes it so.

    Not asked of `tio up`: what it runs on is one machine, and its folder is its owner's.
    """
    found = [f"{prefix}_{danger}" for danger in settings.dangers()]
    if found:
        raise UnreadableSettings("this is not safe:\n" + "\n".join(f"  {one}" for one in found))


def _complaint(
    prefix: str, kind: str, loc: tuple[int | str, ...], message: str, model: type[BaseModel]
) -> str:
    """What is wrong with one variable, in a sentence that names it."""
    variable = prefix + "_".join(str(part) for part in loc).upper()
    if kind == "extra_forbidden":
        known = ", ".join(prefix + field.upper() for field in model.model_fields)
        return f"{variable} is set, but there is no such setting; there are {known}"
    if kind == "missing":
        return f"{variable} is not set, and it has no default"
    return f"{variable} cannot be read: {message}"
