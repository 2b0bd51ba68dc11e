"""When people are told: `PUT` and `GET /coordination/v1/working-time`, and `…/{site}`."""

from datetime import UTC, date, datetime, time
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Path, Response
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import bindparam
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.rules import working_calendar
from knowledge.terms.sent import Instant, Native, expect_zone
from services.chassis import audit
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.errors import NotFound, PreconditionRequired
from services.chassis.etags import Expected, IfMatch, tell_version
from services.coordination.tables import WorkingTimeRow

router = APIRouter(prefix="/coordination/v1/working-time", tags=["working time"])

MAY_READ, MAY_SAY = requires("Location", "r"), requires("Location", "u")
Site = Annotated[str, Path(min_length=1, max_length=200)]
THE_ORGANISATION = ""
"""The site that stands for all of an organisation's sites."""

MOST_DAYS = 400
LONGEST_SPREAD = 240
"""Minutes; what is due in the morning is said before noon."""


def expect_place(country: str | None, subdivision: str | None) -> None:
    """Refuse a country or subdivision whose public holidays are not known."""
    if country is None:
        if subdivision is not None:
            raise PydanticCustomError("country_missing", "a subdivision is one of a country")
    elif not working_calendar.is_known(country, subdivision):
        raise PydanticCustomError("holidays_unknown", "no public holidays are known of this place")


Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class WorkingTime(Native):
    """A site's own hours and days. What it does not say, the tables of the knowledge say.

    `zone` is where its people work, by default where the patient lives. Public holidays are those
    of `country` (ISO 3166-1) and `subdivision` (ISO 3166-2, without the country); `weekdays` are
    worked where they differ from the country's. Patients are not told on public holidays, where a
    country is named; a message before its due day then goes earlier, one after it later.
    """

    zone: str | None = Field(default=None, max_length=100)
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    subdivision: str | None = Field(default=None, max_length=20)
    opens: time | None = None
    closes: time | None = None
    quiet_until: time | None = None
    quiet_from: time | None = None
    weekdays: tuple[Weekday, ...] | None = Field(default=None, min_length=1, max_length=7)
    closed_days: tuple[date, ...] = Field(default=(), max_length=MOST_DAYS)
    open_days: tuple[date, ...] = Field(default=(), max_length=MOST_DAYS)
    patients_told: Literal["every_day", "not_on_holidays", "on_working_days"] = "not_on_holidays"
    spread_minutes: int | None = Field(default=None, ge=0, le=LONGEST_SPREAD)
    messages_a_day: int | None = Field(default=None, ge=1, le=50)

    @model_validator(mode="after")
    def expect_hours(self) -> Self:
        """A place that is known, and hours that begin before they end."""
        if self.zone is not None:
            expect_zone(self.zone)
        expect_place(self.country, self.subdivision)
        given = (self.opens, self.closes, self.quiet_until, self.quiet_from)
        if any(hour is not None and hour.tzinfo is not None for hour in given):
            raise PydanticCustomError("hours_offset", "an hour of the clock has no offset")
        on = date.max
        work = working_calendar.at_work("UTC", on, opens=self.opens, closes=self.closes)
        told = working_calendar.awake(
            "UTC", on, quiet_until=self.quiet_until, quiet_from=self.quiet_from
        )
        if any(hours.start >= hours.until for hours in (work, told)):
            raise PydanticCustomError("hours_reversed", "hours end after they begin")
        return self


class WorkingTimeTold(WorkingTime):
    """The same, with who said so and when."""

    version: int
    told_by: str
    told_at: Instant


_SAID = (
    select(col(WorkingTimeRow.body))
    .where(
        col(WorkingTimeRow.organisation) == bindparam("organisation"),
        col(WorkingTimeRow.site).in_([THE_ORGANISATION, bindparam("site")]),
    )
    .order_by(col(WorkingTimeRow.site).desc())
)
"""The site's own word before its organisation's."""


async def of_site(session: AsyncSession, organisation: str, site: str | None) -> WorkingTime:
    """When does this site tell people? What it never said, its organisation may have said."""
    whose = {"organisation": organisation, "site": site or THE_ORGANISATION}
    body = (await session.exec(_SAID, params=whose)).first()
    return WorkingTime() if body is None else WorkingTime.model_validate(body)


@router.get("", response_model=WorkingTimeTold)
async def read_working_time(
    response: Response, session: InTransaction, caller: Annotated[Caller, MAY_READ]
) -> WorkingTimeTold:
    """Show the hours and days of this organisation."""
    return await _read(response, session, caller, THE_ORGANISATION)


@router.get("/{site}", response_model=WorkingTimeTold)
async def read_working_time_of_site(
    site: Site, response: Response, session: InTransaction, caller: Annotated[Caller, MAY_READ]
) -> WorkingTimeTold:
    """Show the hours and days of one of its sites."""
    return await _read(response, session, caller, site)


@router.put("", response_model=WorkingTimeTold)
async def record_working_time(
    wanted: WorkingTime,
    response: Response,
    session: InTransaction,
    expected: IfMatch,
    caller: Annotated[Caller, MAY_SAY],
) -> WorkingTimeTold:
    """Say when people are told here; each journey plans by it from its next look on."""
    return await _record(response, session, caller, THE_ORGANISATION, wanted, expected)


@router.put("/{site}", response_model=WorkingTimeTold)
async def record_working_time_of_site(
    site: Site,
    wanted: WorkingTime,
    response: Response,
    session: InTransaction,
    expected: IfMatch,
    caller: Annotated[Caller, MAY_SAY],
) -> WorkingTimeTold:
    """The same for one of its sites, in the place of what the organisation said."""
    return await _record(response, session, caller, site, wanted, expected)


async def _read(
    response: Response, session: AsyncSession, caller: Caller, site: str
) -> WorkingTimeTold:
    row = await session.get(WorkingTimeRow, (caller.organisation, site))
    if row is None:
        raise NotFound("nothing was said about working time here")
    return _shown(response, row)


async def _record(
    response: Response,
    session: AsyncSession,
    caller: Caller,
    site: str,
    wanted: WorkingTime,
    expected: Expected,
) -> WorkingTimeTold:
    body = wanted.model_dump(mode="json", exclude_defaults=True)
    place = (caller.organisation, site)
    row = await session.get(WorkingTimeRow, place, with_for_update=True)
    now, reference = datetime.now(UTC), site or caller.organisation
    if row is None:
        expected.check(None)
        row = WorkingTimeRow(
            organisation=caller.organisation,
            site=site,
            body=body,
            told_by=caller.subject,
            told_at=now,
        )
        session.add(row)
        audit.record(session, caller, "create", "Location", reference)
    elif row.body != body:
        if not expected.is_given():
            raise PreconditionRequired("send If-Match with the ETag of the version you edit")
        expected.check(row.version)
        row.body, row.told_by, row.told_at = body, caller.subject, now
        row.version += 1
        audit.record(session, caller, "update", "Location", reference)
    return _shown(response, row)


def _shown(response: Response, row: WorkingTimeRow) -> WorkingTimeTold:
    tell_version(response, row.version)
    return WorkingTimeTold(
        **row.body, version=row.version, told_by=row.told_by, told_at=row.told_at
    )
