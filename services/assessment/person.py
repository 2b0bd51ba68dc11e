"""Whom is this about: how old on which day, of which sex, by whose intervals?"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from knowledge.rules import validity
from knowledge.site import SiteInUse
from knowledge.terms.person import Profile, Sex, Subject, age_on
from services.assessment.contract import EvaluateRequest, Findings


@dataclass(frozen=True, slots=True)
class Who:
    """The person on the day of assessment, and how to know them on an earlier one."""

    subject: Subject
    born: date | None = None
    same_age_since: date = date.min
    """From this day on the person has been as old as now: their last birthday."""
    caveats: tuple[str, ...] = ()

    def on(self, day: date, subject: Subject) -> Subject:
        """The same person on an earlier day."""
        if self.born is None:
            return subject
        age = age_on(self.born, day)
        return subject if age < 0 else replace(subject, age=age)


def who_is_it(
    request: EvaluateRequest, findings: Findings, on: date, site: SiteInUse | None
) -> Who:
    """Whom is this about? What contradicts itself is asked back."""
    patient, profile = request.patient, _profile(request, site)
    if patient is None or patient.sex in (Sex.UNKNOWN, findings.sex):
        contradicts: tuple[str, ...] = ()
    else:
        contradicts = () if findings.sex in (None, Sex.UNKNOWN) else ("sex_contradicts",)
    if patient is None:
        return Who(Subject(on, findings.sex or Sex.UNKNOWN, findings.age_y, profile, site))
    sex = patient.sex
    if sex is Sex.UNKNOWN and findings.sex is not None:
        sex = findings.sex
    told = patient.age_years if patient.age_years is not None else findings.age_y
    born = patient.birth_date
    if born is None or born > on:
        if born is not None:
            contradicts += ("born_later",)
        elif told is not None and findings.age_y is not None:
            twice = validity.ages_differ(findings.age_y, told, on)
            contradicts += ("ages_contradict",) if twice else ()
        return Who(Subject(on, sex, told, profile, site), caveats=contradicts)
    age = age_on(born, on)
    differ = False
    for said in (patient.age_years, findings.age_y):
        differ = differ or (said is not None and validity.ages_differ(said, age, on))
    return Who(
        Subject(on, sex, age, profile, site),
        born,
        _last_birthday(born, age, on),
        (*contradicts, "age_contradicts_birth") if differ else contradicts,
    )


def _last_birthday(born: date, age: Decimal, on: date) -> date:
    """Since when has the person been this old? In the first year every day counts."""
    if age < 1:
        return on
    year = born.year + int(age)
    try:
        return born.replace(year=year)
    except ValueError:  # born on a leap day
        return date(year, born.month + 1, 1)


def _profile(request: EvaluateRequest, site: SiteInUse | None) -> Profile:
    """Whose fallback intervals count: those asked for, else the site's, else everybody's."""
    if site is None or "profile" in request.model_fields_set:
        return request.profile
    return site.profile() or request.profile
