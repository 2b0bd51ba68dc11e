"""What stops a study (localization.md 8, LOC-027 to LOC-035). Limits stand in scan_safety.toml."""

from decimal import Decimal

import pytest

from knowledge.rules.scan_safety import Circumstances, is_mri_unsafe
from tests.knowledge.questions.search import keys


@pytest.mark.parametrize(
    ("kind", "said", "unsafe"),
    [
        ("pacemaker", None, True),
        ("pacemaker", "unknown", True),
        ("pacemaker", "unsafe", True),
        ("pacemaker", "conditional", False),
        ("pacemaker", "safe", False),
        ("Metal in the eye", None, True),
        ("neurostimulator", "unsafe", True),
        ("neurostimulator", "unknown", True),  # asked, and nobody could tell
        ("neurostimulator", "conditional", False),
        ("hip prosthesis", None, False),
    ],
)
def test_mri_stops_beside_a_device_until_it_has_been_checked(
    kind: str, said: str | None, unsafe: bool
) -> None:
    safe = ("dental crown", "safe")
    for implants in ([(kind, said)], [safe, (kind, said)]):
        assert is_mri_unsafe(Circumstances(implants=implants)) is unsafe
        assert ("mri_unsafe" in keys(implants=implants)) is unsafe


@pytest.mark.parametrize(("said", "unsafe"), [(True, True), (False, False), (None, False)])
def test_mri_stops_when_somebody_says_that_it_would_harm(said: bool | None, unsafe: bool) -> None:
    assert ("mri_unsafe" in keys(mri_unsafe=said)) is unsafe


@pytest.mark.parametrize(
    ("known", "key"),
    [
        ("high_dose_glucocorticoid", "glucocorticoid"),
        ("no_femoral_access", "no_femoral_access"),
        ("anticoagulated", "anticoagulation"),
        ("contrast_allergy", "contrast_allergy"),
        ("claustrophobia", "claustrophobia"),
        ("cannot_lie_flat", "cannot_lie_flat"),
        ("fragile", "fragile"),
        ("metformin", "metformin"),
        ("breast_feeding", "breast_feeding_gadolinium"),
    ],
)
def test_what_is_told_of_a_patient_is_borne_in_mind(known: str, key: str) -> None:
    assert keys(**{known: True}) == {key}
    assert keys(**{known: False}) == keys() == set()


@pytest.mark.parametrize(
    ("egfr", "more", "expected"),
    [
        ("29", {}, {"kidney_prophylaxis", "gadolinium_kidney"}),
        ("29", {"dialysis": True}, {"gadolinium_kidney"}),
        ("35", {}, {"kidney_individual"}),
        ("60", {}, set()),
        ("60", {"acute_kidney_injury": True}, {"kidney_prophylaxis"}),
    ],
)
def test_gadolinium_is_minded_where_the_kidney_is_poor_and_only_there(
    egfr: str, more: dict[str, bool], expected: set[str]
) -> None:
    assert keys(egfr=Decimal(egfr), **more) == expected
