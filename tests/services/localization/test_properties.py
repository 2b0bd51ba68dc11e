"""What holds for every search, drawn at random: ranks, probabilities, yields, gates, coverage."""

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given, settings
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
EXAMPLES = settings(max_examples=150, deadline=None)

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
coverages = st.one_of(
    st.just(["38266002"]), st.lists(st.sampled_from(PARTS), unique=True, max_size=len(PARTS))
)


@st.composite
def studies(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Some functional scans, each with its field and what it shows."""
    made = []
    for name in draw(st.lists(st.sampled_from(SCANS), unique=True)):
        found = draw(st.lists(lesions, max_size=2, unique_by=lambda lesion: lesion["site"]))
        made.append(built("studies", {"use": name, "lesions": found, "coverage": draw(coverages)}))
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
        }
    )


def ranks(plan: Plan) -> dict[str, int]:
    """At which place does each candidate stand, equals sharing theirs?"""
    scores = {c.site_name: c.score for c in plan.candidates if c.rank}
    return {site: sum(s > score for s in scores.values()) for site, score in scores.items()}


@EXAMPLES
@given(requests(), st.sampled_from(["mri", "fdg", "lump", "sampling"]), st.data())
def test_more_evidence_for_a_lesion_never_lowers_its_rank(
    request: PlanRequest, more: str, data: st.DataObject
) -> None:
    before = localize(request, NOW)
    ranked = [c for c in before.candidates if c.rank]
    if not ranked:
        return
    chosen = data.draw(st.sampled_from(ranked))
    body = request.model_dump(mode="json", exclude_defaults=True)
    place = {"site": chosen.site, "laterality": chosen.laterality}
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
    else:
        body["venous_samples"] = [
            {"vein": "right atrium", "value": 100, "unit": "pg/mL"},
            {"vein": "bed", "drains": chosen.site, "value": 200, "unit": "pg/mL"},
        ]

    after = localize(PlanRequest.model_validate(body), NOW)

    assert ranks(after)[chosen.site_name] <= ranks(before)[chosen.site_name]


tests_done = st.lists(st.sampled_from(sorted(imaging.TABLE.entries["tests"])), max_size=5)


@EXAMPLES
@given(tests_done, st.sampled_from(sorted(imaging.TABLE.entries["tests"])))
def test_a_negative_test_never_makes_a_tumor_likelier(before: list[str], test: str) -> None:
    earlier = scan_yield.present_after(tuple(before), TODAY)
    later = scan_yield.present_after((*before, test), TODAY)

    assert 0 <= later <= earlier <= 1


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
