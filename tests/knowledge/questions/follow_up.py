"""Of the time after the operation, and of reminders."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from knowledge.rules import fgf23_after_removal, reminders, remission, surveillance
from knowledge.rules.reference_intervals import Level
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.observation import Observation
from knowledge.terms.quantity import Quantity
from tests.knowledge.questions.things import DAY, NOON

OPERATED = date(2024, 1, 1)


def state_after(
    lows: list[int], normals: list[int], *, tmp: str = "low", alp: str = "normal"
) -> str:
    """Low (with a low TmP/GFR) and normal phosphates on these days: what state is it?"""
    drawn = [
        remission.Sample(_morning(day), Level.LOW, tmp_gfr=Level(tmp) if tmp else None)
        for day in lows
    ]
    drawn += [remission.Sample(_morning(day), Level.NORMAL, Level(alp)) for day in normals]
    return str(remission.course(OPERATED, drawn, [], DAY).state)


def _morning(day: int) -> datetime:
    return datetime(2024, 1, 1, 8, tzinfo=UTC) + timedelta(days=day)


def state_with_high_alp_on(day: date) -> str:
    """A normal phosphate beside a high ALP on this day; operated on 1 January 2024."""
    at = datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
    drawn = remission.Sample(at, Level.NORMAL, Level.HIGH)
    return str(remission.course(OPERATED, [drawn], [], DAY).state)


def masked_by_supplements(minutes: int) -> bool:
    """So many minutes after the last supplement, is a phosphate masked?"""
    drug = remission.Exposure("phosphate", "supplement", None, NOON)
    return remission.mask(NOON + timedelta(minutes=minutes), [drug], DAY) is not None


def masked_by_burosumab(days: int) -> bool:
    """So many days after the last burosumab, is a phosphate masked?"""
    drug = remission.Exposure("burosumab", "burosumab", None, NOON.date())
    return remission.mask(NOON + timedelta(days=days), [drug], DAY) is not None


def left_open_by_an_fgfr_inhibitor(days: int) -> bool:
    """So many days after the last FGFR inhibitor, is it open whether a phosphate is masked?"""
    drug = remission.Exposure("infigratinib", "unclear", None, NOON.date())
    return remission.mask(NOON + timedelta(days=days), [drug], DAY) is not None


def fgf23_falls_to(of_a_hundred: Decimal) -> bool | None:
    """So much FGF23 after removal, of a hundred before: has it fallen as it should?"""
    fgf23 = ANALYTES["s_fgf23_i"]
    before, after = (
        Observation(str(value), fgf23, quantity, quantity)
        for value in (Decimal(100), of_a_hundred)
        for quantity in [fgf23.to_working_unit(Quantity(value, fgf23.read_unit("pg/mL")))]
    )
    return fgf23_after_removal.falls(before, after, DAY)


def tier_by_early_fgf23(day: int) -> str:
    """FGF23 still raised so many days after the operation: how closely is this watched?"""
    operation = surveillance.Operation(OPERATED, site="thigh", margin="wide", tissue="soft_tissue")
    early = [(OPERATED + timedelta(days=day), Level.HIGH)]
    return str(surveillance.risk_tier(operation, early, refractory=False, on=DAY)[0])


def normal_after_surgery() -> list[Decimal]:
    """Between which phosphates is it normal, where nothing better is known?"""
    return [limit.value for limit in surveillance.fallback_phosphate(DAY)]


def hour_of_sending() -> int:
    """At which hour in UTC goes a reminder there?"""
    return reminders.rungs("lab", DAY, "UTC", DAY)[0].at.hour


def is_another_day(days: int) -> bool:
    """Moved by so many days, is a due day one of which nobody was told?"""
    return reminders.is_moved(DAY, DAY + timedelta(days=days), DAY)


def is_late(minutes: int) -> bool:
    """So many minutes after its time, is a reminder late?"""
    ladder = reminders.rungs("lab", DAY, "UTC", DAY)[:1]
    now = ladder[0].at + timedelta(minutes=minutes)
    return reminders.ripe(ladder, ladder[0].at - timedelta(days=1), (), now, DAY).late
