"""A site's own settings from a file: the same shape as the API takes, as TOML or as JSON."""

import tomllib
from decimal import Decimal
from pathlib import Path

from pydantic_core import from_json

from knowledge.rules.site_settings import NotAccepted, site_of
from knowledge.site import Site
from knowledge.terms.site_settings import SiteSettings
from services.chassis.items import Unread, read_item

UNSIGNED = 0
"""The version of settings in a file: nobody signed them, so an answer cites them as `site/0/…`."""


class NotUsable(Exception):
    """These settings cannot be used; its words say where and why."""


def read_site(file: Path) -> Site:
    """What does this site lay over the tables? NotUsable when that cannot be told, or may not be.

    A file that ends in `.toml` is TOML, any other JSON.
    """
    try:
        return site_of(UNSIGNED, read_item(_said(file), SiteSettings))
    except OSError as refusal:
        raise NotUsable(f"{file} cannot be read: {refusal.strerror}") from None
    except Unread as refusal:
        raise NotUsable(_told(file, refusal)) from None
    except NotAccepted as refusal:
        reasons = [f"{one.pointer or '/'}: {one.reason}" for one in refusal.wrong]
        raise NotUsable("\n".join(f"{file}: {reason}" for reason in reasons)) from None


def _said(file: Path) -> object:
    text = file.read_bytes()
    try:
        if file.suffix == ".toml":
            return tomllib.loads(text.decode(), parse_float=Decimal)
        return from_json(text)
    except ValueError as unreadable:
        kind = "TOML" if file.suffix == ".toml" else "JSON"
        raise NotUsable(f"{file} is not {kind}: {unreadable}") from None


def _told(file: Path, refusal: Unread) -> str:
    problem = refusal.problem()
    return "\n".join(f"{file}: {one.pointer or '/'}: {one.detail}" for one in problem.errors)
