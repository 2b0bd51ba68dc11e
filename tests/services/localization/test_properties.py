"""What holds for every search, drawn at random: ranks, probabilities, yields, gates, coverage."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, find, given, settings
from hypothesis import strategies as st

from knowledge.rules import field_of_view, imaging, scan_yield
from services.localization.contract import NextStep, Plan, PlanRequest
from services.localization.localize import localize
from tests.services.localization.cases import built

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
TODAY = date(2026, 3, 1)
SITES = ("femur", "tibia", "rib", "mandible", "hand")
SCANS = ("dota", "fdg", "hynic")
PARTS = ("head", "trunk", "upper limb", "hand", "lower limb", "foot")
FUNCTIONAL = ("sstr_pet_ct", "sstr_spect_ct", "fdg_pet_ct")
EXAMPLES = settings(max_examples=200, deadline=None)

lesions = st.builds(
    lambda site, uptake, correlate, mimic: {
        "site": site,
        "laterality": "left",
        "uptake": uptake,
        "anatomical_correlate": correlate,
        "mimic": mimic,
    },
    st.sampled_from(SITES),
    st.sampled_from(["above_liver", "above_background", "none"]),
    st.sampled_from([True, False, None]),
    st.sampled_from(["none", "fracture", "fibrous dysplasia", None]),
)
WHOLE = st.just(["38266002"])
coverages = st.one_of(
    WHOLE, WHOLE, WHOLE, st.lists(st.sampled_from(PARTS), unique=True, max_size=len(PARTS))
)


@st.composite
def studies(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Some functional scans, each with its field and what it shows, and an MRI of some places."""
    made = []
    for name in draw(st.lists(st.sampled_from(SCANS), unique=True)):
        found = draw(st.lists(lesions, max_size=2, unique_by=lambda lesion: lesion["site"]))
        made.append(built("studies", {"use": name, "lesions": found, "coverage": draw(coverages)}))
    seen = draw(st.lists(st.sampled_from(SITES), unique=True, max_size=2))
    mri: dict[str, Any] = {"id": "mr", "modality": "MR", "performed_at": "2026-02-25"}
    if seen:
        mri["lesions"] = [{"site": site, "laterality": "left", "mimic": "none"} for site in seen]
        made.append(mri)
    return made


constraints = st.fixed_dictionaries(
    {},
    optional={
        "pregnancy": st.booleans(),
        "childbearing_potential": st.booleans(),
        "breast_feeding": st.booleans(),
        "mri_unsafe_implant": st.booleans(),
        "egfr": st.integers(5, 120),
        "glucose": st.builds(
            lambda value: {"value": value, "unit": "mmol/L"}, st.sampled_from([5, 11, 12, 20])
        ),
        "somatostatin_analogues": st.builds(
            lambda day: [{"form": "long_acting", "given_at": day.isoformat()}],
            st.dates(date(2026, 1, 1), TODAY),
        ),
    },
)
days = st.dates(date(2025, 10, 1), TODAY)
burosumab = st.lists(st.builds(lambda day: {"given_at": day.isoformat()}, days), max_size=1)
overrides = st.lists(
    st.builds(
        lambda gate: {"gate": gate, "reason": "in a hurry", "by": "Dr. A"},
        st.sampled_from(["LOC-035", "mri_unsafe", "LOC-033", "pregnancy_test", "LOC-017"]),
    ),
    max_size=2,
)
"""Gates that nobody may pass: said all the same."""

availability = st.dictionaries(
    st.sampled_from([*FUNCTIONAL, "DOTATATE", "octreoscan"]),
    st.fixed_dictionaries({"available": st.booleans(), "wait_days": st.integers(0, 200)}),
    max_size=3,
)


@st.composite
def requests(draw: st.DrawFn) -> PlanRequest:
    """A search somewhere on its way."""
    areas = {"areas": {"hand": draw(st.sampled_from(["normal", "not_examined"]))}}
    return PlanRequest.model_validate(
        {
            "biochemistry_confirmed": True,
            "examination": built("examinations", {"use": "complete", **areas}),
            "studies": draw(studies()),
            "constraints": draw(constraints),
            "availability": draw(availability),
            "suspected_recurrence": draw(st.booleans()),
            "burosumab": draw(burosumab),
            "overrides": draw(overrides),
        }
    )


def places(plan: Plan) -> dict[str, int]:
    """At which place is each candidate shown?"""
    return {c.site_name: c.rank for c in plan.candidates if c.rank}


def ranks(plan: Plan) -> dict[str, int]:
    """At which place does each candidate stand, equals sharing theirs?"""
    scores = {c.site_name: c.score for c in plan.candidates if c.rank}
    return {site: sum(s > score for s in scores.values()) for site, score in scores.items()}


@pytest.mark.parametrize(
    "reached",
    [
        *("INCOMPLETE", "EQUIVOCAL", "NOT_LOCALIZED", "LOCALIZED"),
        *("a tie", "a scan that is shut", "a sampling that waits"),
    ],
)
def test_what_is_drawn_reaches_every_place_that_is_spoken_of(reached: str) -> None:
    def is_there(request: PlanRequest) -> bool:
        plan = localize(request, NOW)
        shut = {step.act for step in plan.next_steps if step.gates}
        scores = [c.score for c in plan.candidates if c.rank]
        found = {str(plan.state)} | ({"a tie"} if len(set(scores)) < len(scores) else set())
        found |= {"a scan that is shut"} if shut & set(FUNCTIONAL) else set()
        found |= {"a sampling that waits"} if "venous_sampling" in shut else set()
        return reached in found

    assert find(requests(), is_there, settings=settings(max_examples=3000, deadline=None))


@EXAMPLES
@given(requests(), st.sampled_from(["mri", "fdg", "lump", "sampling", "brighter"]), st.data())
def test_more_evidence_for_a_lesion_never_lowers_its_rank(
    request: PlanRequest, more: str, data: st.DataObject
) -> None:
    before = localize(request, NOW)
    ranked = [c for c in before.candidates if c.rank]
    assume(ranked)
    chosen = data.draw(st.sampled_from(ranked))
    body = request.model_dump(mode="json", exclude_defaults=True)
    place: dict[str, Any] = {"site": chosen.site, "laterality": chosen.laterality}
    body.setdefault("studies", [])
    if more == "mri":
        mri = {"id": "m", "modality": "MR", "performed_at": "2026-02-20", "lesions": [place]}
        body["studies"].append(mri)
    elif more == "fdg":
        focus = place | {"uptake": "above_background"}
        scan = built("studies", {"use": "fdg", "id": "again", "lesions": [focus]})
        body["studies"].append(scan)
    elif more == "lump":
        body["symptoms"] = [{"kind": "lump", **place}]
    elif more == "brighter":
        focus = place | {"suv": 30, "liver_suv": 5}
        scan = built("studies", {"use": "dota", "id": "again", "lesions": [focus]})
        body["studies"].append(scan)
    else:
        body["venous_samples"] = [
            {"vein": "right atrium", "value": 100, "unit": "pg/mL"},
            {"vein": "bed", "drains": chosen.site, "value": 200, "unit": "pg/mL"},
        ]

    after = localize(PlanRequest.model_validate(body), NOW)

    assert ranks(after)[chosen.site_name] <= ranks(before)[chosen.site_name]
    if more in ("mri", "lump", "sampling"):
        assert places(after)[chosen.site_name] <= places(before)[chosen.site_name]


tests_done = st.lists(st.sampled_from(sorted(imaging.TABLE.entries["tests"])), max_size=5)


@EXAMPLES
@given(tests_done, st.sampled_from(sorted(imaging.TABLE.entries["tests"])))
def test_a_negative_test_never_makes_a_tumor_likelier(before: list[str], test: str) -> None:
    earlier = scan_yield.present_after(tuple(before), TODAY)

    for place in range(len(before) + 1):
        with_it = (*before[:place], test, *before[place:])
        assert 0 <= scan_yield.present_after(with_it, TODAY) <= earlier <= 1


def shown(plan: Plan) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    """What is shown that each scan may find, with its bounds."""
    found = {s.test: s.expected_yield for s in plan.next_steps if s.act in FUNCTIONAL}
    found |= {one.test: one.expected_yield for one in plan.later}
    return {test: (y.expected, y.low, y.high) for test, y in found.items() if test and y}


@EXAMPLES
@given(requests(), st.sampled_from(SCANS), st.dates(date(2025, 6, 1), TODAY))
def test_after_a_negative_scan_no_other_is_shown_to_find_more(
    request: PlanRequest, scan: str, on: date
) -> None:
    body = request.model_dump(mode="json", exclude_defaults=True)
    new = built("studies", {"use": scan, "id": "new", "performed_at": on.isoformat()})
    tracers = [study.tracer for study in request.studies]
    assume(new["tracer"] not in tracers)
    body["studies"] = [*body.get("studies", []), new]

    before, after = shown(localize(request, NOW)), shown(localize(a_plan(body), NOW))

    for test in before.keys() & after.keys():
        pairs = zip(after[test], before[test], strict=True)
        assert all(later <= earlier for later, earlier in pairs), test


def a_plan(body: dict[str, Any]) -> PlanRequest:
    """The request, read."""
    return PlanRequest.model_validate(body)


@EXAMPLES
@given(tests_done, st.sampled_from(sorted(imaging.TABLE.entries["tests"])))
def test_a_yield_lies_within_its_bounds(before: list[str], test: str) -> None:
    found = scan_yield.yield_of(test, tuple(before), TODAY)

    assert 0 <= found.low <= found.expected <= found.high <= 1


@EXAMPLES
@given(requests())
def test_every_yield_that_is_shown_lies_within_its_bounds(request: PlanRequest) -> None:
    plan = localize(request, NOW)

    shown = [step.expected_yield for step in plan.next_steps]
    shown += [alternative.expected_yield for alternative in plan.later]
    for found in shown:
        if found is not None:
            assert 0 <= found.low <= found.expected <= found.high <= 1


FOURTEEN_WEEKS = 14 * 7


def given_on(request: PlanRequest) -> list[date]:
    """On which days was burosumab given?"""
    return [dose.given_at for dose in request.burosumab if isinstance(dose.given_at, date)]


def radiates(step: NextStep) -> bool:
    """Does this step use radiation?"""
    named = {step.act, *step.modalities} - {"anatomical_imaging", "missing_field", "re_look"}
    ionising = any(imaging.is_ionising(name) for name in named)
    return ionising or step.act in (*FUNCTIONAL, "missing_field", "venous_sampling")


def is_of(step: NextStep, target: str) -> bool:
    """Is this a functional scan of this target?"""
    return step.test is not None and imaging.method_of(step.test).target == target


@EXAMPLES
@given(requests())
def test_a_plan_never_proposes_what_a_hard_gate_forbids(request: PlanRequest) -> None:
    said = request.constraints
    open_steps = [
        step
        for step in localize(request, NOW).next_steps
        if not step.gates and step.act not in ("re_look", "surgical_planning", "review")
    ]
    last = next((dose.given_at for dose in said.somatostatin_analogues), None)
    for step in open_steps:
        if said.pregnancy:
            assert not radiates(step)
        if said.childbearing_potential and not said.pregnancy:
            assert step.act not in (*FUNCTIONAL, "missing_field")
        if said.mri_unsafe_implant:
            assert "mri" not in step.modalities
        if said.glucose and said.glucose.value > 11:
            assert not is_of(step, "fdg")
        if isinstance(last, date) and (TODAY - last).days < 28:
            assert not is_of(step, "sstr")
        if said.breast_feeding:
            assert step.test != "in111_pentetreotide"
        if any((TODAY - day).days <= FOURTEEN_WEEKS for day in given_on(request)):
            assert step.act != "venous_sampling"


@EXAMPLES
@given(requests())
def test_an_inadequate_scan_never_supports_that_nothing_was_found(request: PlanRequest) -> None:
    plan = localize(request, NOW)

    if plan.state == "NOT_LOCALIZED":
        whole = {
            imaging.technique(study.modality, study.tracer)
            for study in request.studies
            if not field_of_view.missing_field(field_of_view.parts_covered(study.coverage)[0])
        }
        targets = {how.target for how in whole if how is not None}
        assert targets == {"sstr", "fdg"}
        assert plan.candidates == []


@EXAMPLES
@given(requests())
def test_every_point_keeps_its_study_and_its_rule(request: PlanRequest) -> None:
    known = {study.id for study in request.studies} | {"e1"}
    for candidate in localize(request, NOW).candidates:
        assert candidate.score == sum(point.points for point in candidate.points)
        for point in candidate.points:
            assert point.study in known
            assert point.rule
