"""Every setting of every process, drawn from their models: `make settings` writes docs/settings.md.

A setting without a sentence has no place in it: `drawn` refuses.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from services.assessment.settings import AssessmentSettings
from services.chassis.settings import ServiceSettings
from services.coordination.settings import CoordinationSettings
from services.followup.settings import FollowupSettings
from services.localization.settings import LocalizationSettings
from workflows.settings import PREFIX, WorkflowSettings

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"

PROCESSES: Mapping[str, tuple[str, type[BaseModel]]] = {
    "TIO_ASSESSMENT": ("`tio serve assessment`", AssessmentSettings),
    "TIO_LOCALIZATION": ("`tio serve localization`", LocalizationSettings),
    "TIO_FOLLOWUP": ("`tio serve followup`", FollowupSettings),
    "TIO_COORDINATION": ("`tio serve coordination`", CoordinationSettings),
    PREFIX: ("`tio worker`", WorkflowSettings),
}
"""Under which prefix each process reads its settings, and as which model."""

NAMES: dict[type, str] = {
    str: "text",
    Path: "file",
    int: "whole number",
    float: "number",
    bool: "true or false",
}

HEAD = """# Settings

*Drawn by `make settings` from the models in the code; do not edit.*

A process reads its settings from the environment, once, as it starts. A variable that begins with
`TIO_` and is none of these stops the start, as does a value that cannot be read; the complaint
names the variable and never repeats the value. What is secret can come from a file:
`TIO_ASSESSMENT_DATABASE_URL_FILE=/run/secrets/assessment` says where the value of
`TIO_ASSESSMENT_DATABASE_URL` is, and so for every other setting.

`tio up` and `tio demo` need none of them: they make their own for one machine and one folder.

## What a deployment refuses

A process that is started by itself is part of a deployment, and does not start where one of these
is so. Addresses of this machine (loopback, sockets, SQLite files) are never meant.

"""

PRIVATE = (
    "`…_PRIVATE_NETWORK=true` says that nobody else is on that network, as `compose.yaml` and the "
    "chart do; the chart's NetworkPolicy makes it true"
)
NEVER = "never allowed"
REFUSED = (
    ("`http://` to another service, or to a JWK Set", PRIVATE),
    ("`http://` as the address of the pages, where people sign in", NEVER),
    ("PostgreSQL without `sslmode=require`, `verify-ca` or `verify-full`", "the same as above"),
    (
        "a database password of fewer than twelve signs, or one that is tried first",
        "a client certificate (`sslcert`)",
    ),
    ("Temporal without TLS", "the same; payloads are encrypted in any case"),
    ("a key file that everybody may read or write", NEVER),
    ("a payload key that was written down, not drawn", NEVER),
    ("a password for the mail relay without `…_SMTP_START_TLS=true`", NEVER),
    ("a rehearsal that listens beyond this machine", NEVER),
)


def settings_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """What a process of its own reads besides what every service reads."""
    common = ServiceSettings.model_fields if issubclass(model, ServiceSettings) else {}
    return {name: field for name, field in model.model_fields.items() if name not in common}


def undescribed() -> list[str]:
    """Which settings say nothing of what they are for?"""
    return [
        f"{prefix}_{name.upper()}"
        for prefix, (_, model) in PROCESSES.items()
        for name, field in model.model_fields.items()
        if not field.description
    ]


def drawn() -> str:
    """The page."""
    missing = undescribed()
    if missing:
        raise ValueError(f"these settings have no description: {', '.join(missing)}")
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield HEAD + "| refused | unless |\n| --- | --- |"
    for refused, unless in REFUSED:
        yield f"| {refused} | {unless} |"
    everybody = (f"`{prefix}_…`" for prefix in PROCESSES if prefix != PREFIX)
    yield f"\n## Every service: {', '.join(everybody)}\n"
    yield from _table("TIO_<SERVICE>", ServiceSettings.model_fields)
    for prefix, (command, model) in PROCESSES.items():
        yield f"\n## `{prefix}_…`: {command}\n"
        own = settings_of(model)
        if own:
            yield from _table(prefix, own)
        else:
            yield "Nothing besides what every service reads."


def _table(prefix: str, settings: Mapping[str, FieldInfo]) -> Iterator[str]:
    yield "| variable | what it is for | kind | if not set |"
    yield "| --- | --- | --- | --- |"
    for name, field in settings.items():
        says = (field.description or "").replace("|", "\\|")
        kind = f"{_kind(field.annotation)}{_limits(field)}"
        yield f"| `{prefix}_{name.upper()}` | {says} | {kind} | {_default(field)} |"


def _kind(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{one}`" for one in get_args(annotation))
    alternatives = [one for one in get_args(annotation) if one is not type(None)]
    if alternatives:
        return _kind(alternatives[0])
    return NAMES[annotation]


def _limits(field: FieldInfo) -> str:
    words = {"gt": "over", "ge": "at least", "lt": "under", "le": "at most"}
    said = [
        f"{word} {getattr(limit, short)}"
        for limit in field.metadata
        for short, word in words.items()
        if getattr(limit, short, None) is not None
    ]
    return f", {', '.join(said)}" if said else ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**has to be set**"
    if field.default is None:
        return "nothing"
    value = field.default
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    PAGE.write_text(drawn(), "utf-8")
