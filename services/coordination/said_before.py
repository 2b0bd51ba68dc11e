"""What was said on a journey already, and how much has reached its patient? Asked at every look."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.coordination.contract import ReminderStatus
from services.coordination.planning import PATIENT
from services.coordination.tables import JourneyRow, ReminderRow
from services.coordination.worklist import Key

REACHED = (ReminderStatus.SENT.value, ReminderStatus.LATE.value)
HELD = ReminderStatus.HELD.value


@dataclass(slots=True)
class SaidBefore:
    """Which steps were said or overtaken, of which due day, and how much reached the patient on
    which day, on whichever of their journeys? `holds`: is something of this one held for another?
    """

    steps: dict[Key, dict[str, date]] = field(default_factory=dict)
    on_days: Counter[date] = field(default_factory=Counter)
    holds: bool = False


_R = ReminderRow
_OF_THE_PATIENT = select(col(JourneyRow.id)).where(
    col(JourneyRow.organisation) == bindparam("organisation"),
    col(JourneyRow.patient_id) == bindparam("patient_id"),
)
_OF_WHAT_IS_OWED = (
    (col(_R.journey) == bindparam("journey"))
    & col(_R.rule).in_(bindparam("rules", expanding=True))
    & col(_R.occurrence).in_(bindparam("occurrences", expanding=True))
)
_REACHED_LATELY = col(_R.status).in_(REACHED) & (col(_R.recorded_at) >= bindparam("midnight"))
_IS_HELD = col(_R.status) == HELD
_SAID = select(
    *(col(_R.journey), col(_R.rule), col(_R.occurrence), col(_R.rung), col(_R.due)),
    *(col(_R.recipient), col(_R.status), col(_R.recorded_at), col(_R.hold_until)),
).where(
    col(_R.organisation) == bindparam("organisation"),
    col(_R.journey).in_(_OF_THE_PATIENT),
    or_(_OF_WHAT_IS_OWED, (col(_R.recipient) == PATIENT) & (_REACHED_LATELY | _IS_HELD)),
)


_ALONE = select(
    func.pg_advisory_xact_lock(func.hashtextextended(bindparam("patient"), bindparam("seed")))
)


async def alone_with_the_patient(session: AsyncSession, journey: JourneyRow) -> bool:
    """Until this transaction ends no other journey of this patient counts what reached them; false
    where nobody else can write meanwhile anyway.
    """
    connection = await session.connection()
    if connection.dialect.name == "sqlite":
        return False
    whose = {"patient": f"{journey.organisation}\n{journey.patient_id}", "seed": 0}
    await connection.execute(_ALONE, whose)
    return True


async def said_before(
    session: AsyncSession, journey: JourneyRow, owed: Collection[Key], zone: ZoneInfo, at: datetime
) -> SaidBefore:
    """What was said of what is owed, and to the patient since midnight? What is changed in this
    transaction counts once it is flushed.
    """
    midnight = datetime.combine(at.astimezone(zone).date(), time(0), zone).astimezone(UTC)
    midnight -= timedelta(hours=1)
    asked = {
        "organisation": journey.organisation,
        "patient_id": journey.patient_id,
        "journey": journey.id,
        "rules": sorted({rule for rule, _ in owed}),
        "occurrences": sorted({occurrence for _, occurrence in owed}),
        "midnight": midnight,
    }
    known = SaidBefore()
    rows = (await (await session.connection()).execute(_SAID, asked)).all()
    for where, rule, occurrence, rung, due, recipient, status, recorded_at, hold_until in rows:
        if where == journey.id:
            known.steps.setdefault((rule, occurrence), {})[rung] = due
            known.holds |= status == HELD
        if recipient != PATIENT:
            continue
        if status == HELD:
            known.on_days[(hold_until or recorded_at).astimezone(zone).date()] += 1
        elif status in REACHED and recorded_at >= midnight:
            known.on_days[recorded_at.astimezone(zone).date()] += 1
    return known
