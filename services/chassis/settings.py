"""Environment to frozen settings; a variable nobody reads stops the start."""

from collections.abc import Mapping
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

KNOWN = ("ASSESSMENT", "LOCALIZATION", "FOLLOWUP", "COORDINATION", "WORKFLOWS")


class UnreadableSettings(Exception):
    """The environment says something nobody understands; the process must not start."""


class ServiceSettings(BaseModel):
    """What every service has to be told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: str = Field(description="sqlite:///file or postgresql://…")
    jwks: str = Field(description="path or http(s) address of the JWK Set that signs our tokens")
    issuer: str = Field(description="the `iss` every token must carry")
    audience: str = Field(description="the `aud` every token must carry")
    max_body_bytes: int = Field(default=1_000_000, gt=0, description="larger requests get 413")
    requests_per_minute: int = Field(default=0, ge=0, description="per caller; 0 is no limit")
    host: str = Field(default="127.0.0.1", description="where this process listens")
    port: int = Field(default=8080, ge=0, le=65535)
    log_level: Literal["debug", "info", "warning", "error"] = "info"


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
    try:
        return model.model_validate(given)
    except ValidationError as refusal:
        raise UnreadableSettings(
            "; ".join(
                _complaint(prefix, error["type"], error["loc"], error["msg"], model)
                for error in refusal.errors(include_input=False, include_url=False)
            )
        ) from None


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
