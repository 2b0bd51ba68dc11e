"""Each organisation's own settings: find them, keep a new version, have them ready for the verb.

A version never changes, so what was read of one is kept for as long as the process lives. Which
version is the newest is asked of the database: inside the transaction for whatever is stored, at
most every two seconds for what is not.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.rules.site_settings import NotAccepted, site_of
from knowledge.site import Site
from knowledge.terms.site_settings import SiteSettings
from services.assessment.tables import SiteSettingsRow
from services.chassis.auth import Caller, Permitted
from services.chassis.database import Database
from services.chassis.errors import FieldProblem, PreconditionFailed, Unavailable

ASKED_AGAIN_AFTER_SECONDS = 2.0
"""How old the answer of an evaluation may be about which version is newest.

Nothing that is kept rests on an evaluation, its answer names the version it was read with, and a
question to the database for each would cost as much as the assessment.
"""

MOST_REMEMBERED = 1_000

_READ: dict[tuple[str, int, datetime], Site] = {}
"""By who, which version and when it was signed: the same words in whichever database."""


async def newest(session: AsyncSession, organisation: str) -> SiteSettingsRow | None:
    """The version in force, if the organisation ever signed one."""
    wanted = (
        select(SiteSettingsRow)
        .where(col(SiteSettingsRow.organisation) == organisation)
        .order_by(col(SiteSettingsRow.version).desc())
        .limit(1)
    )
    return (await session.exec(wanted)).one_or_none()


async def find(session: AsyncSession, organisation: str, version: int) -> SiteSettingsRow | None:
    """The settings as they were in this version."""
    return await session.get(SiteSettingsRow, (organisation, version))


async def add(session: AsyncSession, row: SiteSettingsRow) -> None:
    """Keep a new version; who signs at the same moment as another comes second, and is told."""
    session.add(row)
    try:
        await session.flush()
    except IntegrityError:
        raise PreconditionFailed("it was changed in the meantime; read it again") from None


def written(settings: SiteSettings) -> dict[str, Any]:
    """The settings as they are kept: every field said, so that equal settings are equal."""
    return settings.model_dump(mode="json")


def places(refusal: NotAccepted) -> list[FieldProblem]:
    """Everything that is the matter with settings, as a problem document says it."""
    return [
        FieldProblem(pointer=one.pointer, code=one.code, detail=one.reason) for one in refusal.wrong
    ]


async def in_force(session: AsyncSession, organisation: str) -> Site | None:
    """What this organisation lays over the tables, as of this transaction: for what is stored."""
    wanted = (
        select(SiteSettingsRow.version, SiteSettingsRow.signed_at)
        .where(col(SiteSettingsRow.organisation) == organisation)
        .order_by(col(SiteSettingsRow.version).desc())
        .limit(1)
    )
    found = (await session.exec(wanted)).one_or_none()
    if found is None:
        return None
    version, signed_at = found
    known = _READ.get((organisation, version, signed_at))
    return known or await at(session, organisation, version)


async def at(session: AsyncSession, organisation: str, version: int) -> Site | None:
    """The same in this version: for reading again what was concluded with it."""
    row = await find(session, organisation, version)
    if row is None:
        return None
    try:
        site = site_of(version, SiteSettings.model_validate(row.body))
    except NotAccepted as refusal:
        # Once they could stand; the tables have changed since. Without them it would be a guess.
        raise Unavailable(
            f"version {version} of the site settings does not fit this edition; sign another",
            errors=places(refusal),
        ) from None
    if len(_READ) >= MOST_REMEMBERED:
        _READ.clear()
    _READ[organisation, version, row.signed_at] = site
    return site


class Lately:
    """What each organisation laid over the tables a moment ago: for what is not stored."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database, self._clock = database, clock
        self._known: dict[str, tuple[float, Site | None]] = {}

    async def in_force(self, organisation: str) -> Site | None:
        """The settings of this organisation; no transaction is begun to know them."""
        now = self._clock()
        known = self._known.get(organisation)
        if known is not None and now - known[0] < ASKED_AGAIN_AFTER_SECONDS:
            return known[1]
        async with self._database.reading() as session:
            site = await in_force(session, organisation)
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[organisation] = (now, site)
        return site

    def ask_again(self, organisation: str) -> None:
        """Somebody signed a new version here: the next evaluation asks for it."""
        self._known.pop(organisation, None)


async def _lately(request: Request) -> Lately:
    lately: Lately = request.app.state.site_settings
    return lately


LatelySigned = Annotated[Lately, Depends(_lately)]
"""`lately: LatelySigned`, to let it know that a new version was signed."""


@dataclass(frozen=True, slots=True)
class CallerAtSite(Caller):
    """Who asks, and what their organisation laid over the tables a moment ago."""

    site: Site | None = None


class PermittedAtSite(Permitted):
    """The caller, if their scopes allow it, with their site; one dependency for both."""

    async def __call__(self, request: Request) -> CallerAtSite:
        """Who is asking, may they, and by whose numbers?"""
        caller = await super().__call__(request)
        site = await (await _lately(request)).in_force(caller.organisation)
        return CallerAtSite(
            caller.subject, caller.organisation, caller.scopes, caller.display, caller.grants, site
        )


def requires_at_site(resource: str, verbs: str) -> Any:
    """The caller and the site: `caller: Annotated[CallerAtSite, requires_at_site(…)]`."""
    return Depends(PermittedAtSite(resource, verbs))
