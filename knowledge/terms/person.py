"""What rules need of a person: sex, and age on a day. Nothing that names anybody."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from knowledge.site import SiteInUse

DAYS_PER_YEAR = Decimal("365.25")


class Sex(StrEnum):
    """FHIR AdministrativeGender."""

    MALE = "male"
    FEMALE = "female"
    OTHER = "other"
    UNKNOWN = "unknown"


class Profile(StrEnum):
    """Whose fallback intervals a site reads by (assessment.md 1.3)."""

    INT_ADULT = "INT_adult"
    CN_ADULT = "CN_adult"
    INT_PAED = "INT_paed"
    INT_PAED_M = "INT_paed_M"
    INT_PAED_F = "INT_paed_F"
    SOLDIN_PAED = "SOLDIN_paed"
    CN_NEONATE = "CN_neonate"
    CN_PAED = "CN_paed"


def age_on(born: date, day: date) -> Decimal:
    """How old is somebody born then on that day, in years? Whole ones, but in the first."""
    had_birthday = (day.month, day.day) >= (born.month, born.day)
    whole = day.year - born.year - (0 if had_birthday else 1)
    return Decimal(whole) if whole >= 1 else Decimal((day - born).days) / DAYS_PER_YEAR


@dataclass(frozen=True, slots=True)
class Person:
    """FHIR Patient, as far as a reference interval needs it."""

    sex: Sex = Sex.UNKNOWN
    birth_date: date | None = None
    age_years: Decimal | None = None

    def age_on(self, day: date) -> Decimal | None:
        """How old was this person on that day, in years? None when nothing says so."""
        return self.age_years if self.birth_date is None else age_on(self.birth_date, day)


@dataclass(frozen=True, slots=True)
class Subject:
    """For whom, with which set of intervals and on which day a rule is asked."""

    on: date
    sex: Sex = Sex.UNKNOWN
    age: Decimal | None = None
    profile: str = "INT_adult"
    site: "SiteInUse | None" = None
    """The site whose own numbers go before the tables, if it has any."""
