"""When was phosphate low for the first time? From there the programme counts its days."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.rules.reference_intervals import ends_in, interval_for
from knowledge.terms.person import Person, Sex, Subject
from services.coordination import repository
from services.coordination.tables import EventRow, JourneyRow
from services.coordination.trend import ANALYTE, Point, readings

RESULTS = "observations"

Told = Iterable[tuple[datetime, Mapping[str, Any]]]


def first_low(told: Told, patient: Mapping[str, Any], profile: str) -> datetime | None:
    """The first sample below its own laboratory's range, or where it has none below the table's."""
    person = _person(patient)
    low = (point for point in readings(told, ANALYTE) if _is_low(point, person, profile))
    return min((point.at for point in low), default=None)


async def remember(session: AsyncSession, journey: JourneyRow, event: EventRow) -> None:
    """A result was taken by its journey: was an earlier one low? A corrected one is read anew."""
    if journey.first_low_at is None or event.version > 1:
        await read_anew(session, journey, event)
        return
    found = first_low([(event.occurred_at, event.payload)], journey.patient, journey.profile)
    if found is not None:
        journey.first_low_at = min(found, journey.first_low_at)


async def read_anew(
    session: AsyncSession, journey: JourneyRow, event: EventRow | None = None
) -> None:
    """From everything that counts of this journey, with the event that is just being taken."""
    place = (journey.organisation, journey.id)
    known = await repository.events_of(session, *place, {RESULTS})
    told = [
        (one.occurred_at, one.payload)
        for one in reversed(known)
        if one.outcome == "applied" or (event is not None and one.id == event.id)
    ]
    journey.first_low_at = first_low(told, journey.patient, journey.profile)


def _is_low(point: Point, person: Person, profile: str) -> bool:
    if point.is_low is not None:
        return point.is_low
    on = point.at.date()
    interval = interval_for(ANALYTE.key, Subject(on, person.sex, person.age_on(on), profile))
    if interval is None:
        return False
    lowest, _ = ends_in(interval, ANALYTE, ANALYTE.unit)
    return lowest is not None and point.value < lowest


def _person(patient: Mapping[str, Any]) -> Person:
    born, years = patient.get("birth_date"), patient.get("age_years")
    return Person(
        sex=Sex(patient.get("sex") or Sex.UNKNOWN),
        birth_date=date.fromisoformat(born) if born else None,
        age_years=None if years is None else Decimal(str(years)),
    )
