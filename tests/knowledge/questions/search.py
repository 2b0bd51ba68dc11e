"""What the search for the tumor is asked: points, yields, gates, and days."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from knowledge.rules import (
    candidates,
    field_of_view,
    imaging,
    imaging_orders,
    re_look,
    scan_planner,
    scan_safety,
    scan_yield,
    search,
    somatostatin_analogues,
    venous_sampling,
)
from knowledge.rules.candidates import Point, Reading, Standing
from knowledge.rules.imaging import Kind, Technique
from knowledge.rules.scan_safety import Circumstances
from knowledge.rules.somatostatin_analogues import AnalogueDose
from knowledge.rules.venous_sampling import Sample

TODAY = date(2026, 11, 22)
MRI = Technique(Kind.ANATOMICAL, modality="mri")


def days_allowed(what: str) -> int:
    """How many days may this step of the search take?"""
    return search.days_until_due(what, TODAY)


def standing_at(score: int) -> Standing:
    """A candidate, otherwise convincing, with this score."""
    return Standing((Point("any", score, "", "s", TODAY),), True, True, False, True)


def located(scores: list[int]) -> bool:
    """Is one candidate, otherwise convincing, the tumor at these scores?"""
    return candidates.has_leader([standing_at(score) for score in scores], TODAY)


def sampling(scores: list[int]) -> bool:
    """Is venous sampling worth it?"""
    survivors = candidates.surviving([standing_at(score) for score in scores])
    return venous_sampling.is_indicated(survivors, TODAY, complex_alone=False) is not None


def feature_points(features: list[str]) -> int:
    """How many points do these typical features give?"""
    return candidates.standing([Reading("s", TODAY, MRI, features=tuple(features))], TODAY).score


def growth_points(earlier: Any, later: Any) -> int:
    """How many points does a lesion get that measured this, and later that?"""
    sizes = [Decimal(str(earlier)), Decimal(str(later))]
    readings = [
        Reading(f"s{n}", TODAY + timedelta(days=n), MRI, size_mm=size)
        for n, size in enumerate(sizes)
    ]
    return candidates.standing(readings, TODAY).score


def one_spot(apart_mm: Any) -> bool:
    """Are two marks so far apart one spot?"""
    nought = (Decimal(0), Decimal(0), Decimal(0))
    return candidates.same_spot(nought, (Decimal(str(apart_mm)), Decimal(0), Decimal(0)), TODAY)


def expected_yield(act: str, negative: list[str]) -> Decimal:
    """How likely does this test find the tumor after these negative ones?"""
    found = scan_yield.expected_yield(act, negative, TODAY)
    assert found is not None
    return Decimal(f"{found.expected:.4g}")


def complement(days: int) -> bool:
    """Do two partial scans so many days apart make a whole one?"""
    return field_of_view.complements(TODAY, TODAY + timedelta(days=days), TODAY)


def superficial(depth_mm: Any) -> bool | None:
    """Does it lie so near to the skin that ultrasound comes first?"""
    return search.is_superficial(Decimal(str(depth_mm)), TODAY)


def waits(days: int) -> bool:
    """Is a scan with this wait one that can be had?"""
    return search.can_wait(days, TODAY)


def young(age: Any) -> bool:
    """May whole-body MRI be considered for the age alone?"""
    return search.is_young(Decimal(str(age)), TODAY)


def mildly_raised(times: Any) -> bool:
    """Is FGF23 of so many times its upper limit mildly raised?"""
    return search.is_mildly_raised(Decimal(str(times)), TODAY)


def utility(test: str, negative: list[str], dose: Any, cost: Any, wait: int) -> Decimal:
    """What is this test worth?"""
    found = scan_planner.utility(
        test,
        tuple(negative),
        TODAY,
        dose_msv=Decimal(str(dose)),
        cost=Decimal(str(cost)),
        wait_days=wait,
    )
    return round(found.total, 3)


def tie(better: Any) -> str:
    """Which of two tests comes first: one that is worth so much more, or one without a dose?"""

    def option(name: str, worth: Any, dose: int) -> scan_planner.Option:
        nought = Decimal(0)
        terms = scan_planner.Utility(Decimal(str(worth)), nought, nought, nought, nought)
        return scan_planner.Option(name, terms, Decimal(dose), None)

    options = [option("worth more", better, 5), option("less dose", 0, 0)]
    return scan_planner.ranked(options, TODAY)[0].test


def steps_up(vein: Any, references: list[Any]) -> bool:
    """Does FGF23 step up in this vein, against these samples of the general circulation?"""
    samples = [Sample("v", "popliteal", "left", Decimal(str(vein)), "pg/mL", on=TODAY)]
    samples += [
        Sample(f"r{n}", "right atrium", None, Decimal(str(value)), "pg/mL", on=TODAY)
        for n, value in enumerate(references)
    ]
    session = venous_sampling.read_session("1", samples, [], TODAY)
    return session.measured[0].steps_up


def fgf23_readable(days_after_burosumab: int) -> bool | None:
    """Can FGF23 be read so many days after burosumab?"""
    dose = TODAY - timedelta(days=days_after_burosumab)
    return venous_sampling.fgf23_interpretable(TODAY, [dose], TODAY)


def keys(**known: Any) -> set[str]:
    """Which rows of section 8 hold for such a patient?"""
    return {found.key for found in scan_safety.constraints(Circumstances(**known), TODAY)}


def pregnancy_test_counts(days_ago: int) -> bool:
    """Does a pregnancy test of so many days ago let a radionuclide be given?"""
    tested = TODAY - timedelta(days=days_ago)
    return "pregnancy_test" not in keys(childbearing=True, pregnancy_test_on=tested)


def childbearing_asked(age: Any) -> bool:
    """Is a woman of this age asked about pregnancy when nothing was said?"""
    return "pregnancy_unknown" in keys(female=True, age=Decimal(str(age)))


def rescheduled_for_glucose(mmol_per_l: Any) -> bool:
    """Does this glucose put FDG off?"""
    return "glucose" in keys(glucose_mmol_per_l=Decimal(str(mmol_per_l)))


def kidney_says(egfr: Any) -> str:
    """What does this eGFR say of iodinated contrast?"""
    found = keys(egfr=Decimal(str(egfr))) & {"kidney_prophylaxis", "kidney_individual"}
    return next(iter(found), "none")


def after_analogue(form: str, hours: int) -> bool:
    """Does an SSTR scan wait, so many hours after an analogue of this form?"""
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    dose = AnalogueDose(None, form, at - timedelta(hours=hours))
    return any(hold.waits for hold in somatostatin_analogues.holds([dose], at))


LAST = date(2026, 1, 31)


def next_looks(without: int, triggers: list[str]) -> list[str]:
    """When is the next look due, earliest, latest, and when an examination?"""
    found = re_look.next_look(re_look.Search(LAST, None, without, triggers), LAST)
    days = (found.due, found.earliest, found.latest, found.examination_due)
    return [day.isoformat() for day in days]


def looks(without: int) -> bool:
    """Do so many looks in a row without a finding call for a review?"""
    return re_look.next_look(re_look.Search(LAST, None, without), LAST).review


def fdg_again(last_fdg: str) -> list[str]:
    """With which scans is the next look made, a year after 31 January, with this last FDG?"""
    asked = re_look.Search(LAST, date.fromisoformat(last_fdg))
    return list(re_look.next_look(asked, LAST).acts)


def short_looks() -> list[str]:
    """From when until when is somebody equivocal looked at again after 31 January?"""
    return [day.isoformat() for day in re_look.short_look(LAST, LAST)]


def fgf23_risen(earlier: Any, later: Any) -> bool:
    """Has FGF23 risen?"""
    return re_look.has_risen(Decimal(str(earlier)), Decimal(str(later)), TODAY)


def technique(modality: str, tracer: str | None) -> Technique:
    """A study as a case writes it."""
    found = imaging.technique(modality, tracer)
    assert found is not None
    return found


def order_expired(days_after: int) -> bool:
    """Has an order without a report expired this many days after its day?"""
    expires = imaging_orders.expires_on(TODAY - timedelta(days=days_after), TODAY)
    return expires is not None and expires <= TODAY
