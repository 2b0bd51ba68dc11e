"""All that a treatment is decided by, as of a moment: weight, label, drugs, results, plans."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from knowledge.rules import burosumab, burosumab_course, kidney_function, treatment_choice
from knowledge.rules.beside_burosumab import UNKNOWN
from knowledge.rules.burosumab import Label
from knowledge.rules.burosumab_course import Act, Given, Phosphate
from knowledge.rules.burosumab_stops import Circumstances, Taken
from knowledge.rules.follow_up_safety import CONVENTIONAL, dose_lasts
from knowledge.rules.reference_intervals import Level
from knowledge.rules.remission import Course
from knowledge.rules.treatment_choice import Tumor
from knowledge.terms.observation import Observation
from knowledge.terms.quantity import Quantity
from services.followup.by_kind import ByKind
from services.followup.contract import Opinion, Performed, Planned, PlanRequest, Surgery
from services.followup.drugs import Drugs, drugs_of
from services.followup.history import History, day_of
from services.followup.urine import URINE_CALCIUM
from services.followup.view import Reading
from services.followup.weight import pregnant_on, weight_of

CALCIUM = ("s_ca_adj", "s_ca")
LOCAL_TREATMENTS = ("radiotherapy", "ablation")


@dataclass(frozen=True)
class Situation:
    """Everything that a proposal is drawn from."""

    on: date
    history: History
    drugs: Drugs
    course: tuple[Given, ...]
    label: Label
    kg: Decimal | None
    tumor: Tumor
    planned_for: date | None
    treated_on: tuple[date, ...]
    pregnant: bool | None = None
    urine_calcium: tuple[Reading, ...] = ()
    """Every urine calcium as the safety rules read it: of a day, or by creatinine."""
    lapsed: bool = False
    """Has it been so long since the last dose of burosumab that it is begun anew?"""

    def level(self, *analytes: str) -> Level | None:
        """At which level is the newest recent result of these analytes?"""
        found = self.recent(*analytes)
        return None if found is None else self.history.levels[found.id]

    def recent(self, *analytes: str) -> Observation | None:
        """The newest result of these analytes, unless it is too old to speak for today."""
        oldest = self.on - burosumab_course.days("safety_holds_for", self.on)
        newest: list[Observation] = []
        for one in reversed(self.history.observations):
            day = one.day(self.on)
            if day < oldest or (newest and day < newest[0].day(self.on)):
                break
            if one.analyte.key in analytes:
                newest.append(one)
        return min(newest, key=lambda o: analytes.index(o.analyte.key), default=None)

    @cached_property
    def phosphates(self) -> list[Phosphate]:
        """Every phosphate, oldest first."""
        levels, on = self.history.levels, self.on
        return [
            Phosphate(o.id, o.day(on), levels[o.id], o.fasting)
            for o in self.history.results.of("s_phos")
        ]

    @cached_property
    def circumstances(self) -> Circumstances:
        """What speaks for or against a dose of burosumab today?"""
        calcium = self.recent(*CALCIUM)
        running = [Taken(r.agent, None) for r in self.drugs.of_kind(*CONVENTIONAL)]
        running += [Taken(r.agent, None, False) for r in self.drugs.of_kind(UNKNOWN)]
        return Circumstances(
            on=self.on,
            phosphate=next(iter(self.phosphates[::-1]), None),
            egfr=self.egfr(),
            calcium=calcium,
            calcium_level=None if calcium is None else self.history.levels[calcium.id],
            pth_level=self.level("s_pth"),
            against=(*running, *self.drugs.ended()),
            drugs_stated=self.drugs.stated,
            burosumab_undated=self.drugs.burosumab_undated,
        )

    def egfr(self) -> Quantity | None:
        """How much does the kidney filter, as reported or from creatinine, whichever is newer?"""
        found = self.recent("egfr", "s_creat")
        if found is None or found.analyte.key == "egfr":
            return None if found is None else found.value
        own = kidney_function.egfr(found.value, self.history.subject, None)
        return None if own is None else own[0]


def situation_of(
    request: PlanRequest,
    history: History,
    state: str,
    way: Course | None,
    readings: Iterable[Reading],
) -> Situation:
    """What is known for a treatment, as of this day?"""
    on, told = history.on, history.told
    drugs, treated = drugs_of(history.therapies, on), _treated(told, on)
    label = burosumab.label_for(request.label_profile, history.subject.age)
    now = Situation(
        on=on,
        history=history,
        drugs=drugs,
        course=drugs.course(treated),
        label=label,
        kg=weight_of(request, on),
        tumor=_tumor(told, on, _state_now(history, state, way), label),
        planned_for=_planned(told, treated, on),
        treated_on=treated,
        pregnant=pregnant_on(request, on),
        urine_calcium=tuple([one for one in readings if one.measure in URINE_CALCIUM]),
    )
    return replace(now, course=(), lapsed=True) if _is_over(now) else now


def _is_over(now: Situation) -> bool:
    """Is the course over, because nobody told of a dose for so long? Not while it is held."""
    if now.planned_for is not None or not burosumab_course.is_over(now.course, now.on):
        return False
    every = now.course[-1].every_days or dose_lasts(None, now.on).days
    following = burosumab_course.what_next(now.course, now.phosphates, every, None, now.on)
    return following.act not in (Act.WITHHOLD, Act.RESTART)


def _treated(told: ByKind, on: date) -> tuple[date, ...]:
    """On which days was the tumor itself treated?"""
    days = [day_of(event.performed_at) for event in told.of(Surgery)]
    days += [
        day_of(event.performed_at) for event in told.of(Performed) if event.act in LOCAL_TREATMENTS
    ]
    return tuple(sorted(day for day in days if day <= on))


def _planned(told: ByKind, treated: Sequence[date], on: date) -> date | None:
    """For which day is an operation or radiotherapy booked? A day that passed stays until told."""
    booked: dict[str, Planned] = {}
    for event in sorted(
        told.of(Planned), key=lambda one: (_noted(one), one.cancelled_on is not None)
    ):
        if event.noted_on is None or day_of(event.noted_on) <= on:
            booked[event.procedure] = event
    open_ = [
        event.planned_for
        for event in booked.values()
        if (event.cancelled_on is None or day_of(event.cancelled_on) > on)
        and not any(day >= _noted(event) for day in treated)
    ]
    return min(open_, default=None)


def _noted(event: Planned) -> date:
    """From which day may it have been done?"""
    return day_of(event.noted_on) if event.noted_on else event.planned_for - timedelta(days=1)


def _state_now(history: History, state: str, way: Course | None) -> str:
    """The state that a treatment is chosen by: what was found after it goes before."""
    known = treatment_choice.TABLE.entries["states"]
    told = [(day_of(s.noted_on) if s.noted_on else date.min, s.state) for s in history.stated]
    told = [one for one in told if one[0] <= history.on]
    if way is not None:
        told = [one for one in told if one[0] > way.since and one[1] in known]
    return max(told, key=lambda one: one[0])[1] if told else state


def _tumor(told: ByKind, on: date, state: str, label: Label) -> Tumor:
    opinions = [one for one in told.of(Opinion) if day_of(one.noted_on) <= on]
    opinions.sort(key=lambda opinion: day_of(opinion.noted_on))
    return Tumor(
        state=state,
        resectable=_said(opinions, "resectable"),
        fit=_said(opinions, "fit_for_surgery"),
        in_bone=_said(opinions, "in_bone"),
        near_joint=_said(opinions, "near_joint"),
        small=_said(opinions, "small"),
        seen_at_surgery=_said(opinions, "seen_at_surgery"),
        residual=_said(opinions, "residual"),
        re_excision_feasible=_said(opinions, "re_excision_feasible"),
        metastatic=_said(opinions, "metastatic"),
        sstr_positive=_said(opinions, "sstr_positive"),
        burosumab=_burosumab(_said(opinions, "burosumab_available"), label),
    )


def _said(opinions: Iterable[Opinion], field: str) -> bool | None:
    """The last word on it; None when nobody has said."""
    words = [getattr(opinion, field) for opinion in opinions]
    return next((word for word in reversed(words) if word is not None), None)


def _burosumab(available: bool | None, label: Label) -> bool | None:
    """Can it be had, under a label that is known? An unknown label leaves it open."""
    return available if available is False or not label.unknown else None
