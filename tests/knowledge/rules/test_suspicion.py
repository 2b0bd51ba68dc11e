"""Who needs a phosphate (assessment.md 3.2 S): symptoms, fractures, and labels that mislead."""

from types import SimpleNamespace
from typing import Any

import pytest

from knowledge.rules import suspicion


def a_fracture(low_energy: bool | None) -> SimpleNamespace:
    """A broken bone, and whether it took much."""
    return SimpleNamespace(low_energy=low_energy)


@pytest.mark.parametrize(
    ("fractures", "fragile"),
    [
        (True, True),  # nobody said that it took much
        (False, False),
        (None, False),
        ([], False),
        ([a_fracture(None)], True),
        ([a_fracture(True)], True),
        ([a_fracture(False)], False),
        ([a_fracture(False), a_fracture(True)], True),
    ],
    ids=str,
)
def test_a_fracture_that_nobody_calls_high_energy_asks_for_a_phosphate(
    fractures: Any, fragile: bool
) -> None:
    nothing_else = dict.fromkeys(suspicion.SYMPTOMS)
    findings = SimpleNamespace(fractures=fractures, **nothing_else)

    assert suspicion.fragile(fractures) is fragile
    assert suspicion.needs_phosphate(findings) is fragile


@pytest.mark.parametrize(
    ("label", "misleads"),
    [
        ("disc disease", True),
        ("Disc_disease", True),
        ("lumbar  disc\n prolapse", True),
        ("Ankylosing spondylitis", True),
        ("hypertension", False),
    ],
)
def test_a_label_misleads_however_it_is_spelled(label: str, misleads: bool) -> None:
    assert suspicion.mislabelled([label]) == (label if misleads else None)
    assert suspicion.mislabelled(["hypertension", label]) == (label if misleads else None)


def a_looser_zone(site: str | None, pseudofracture: bool | None = True) -> SimpleNamespace:
    """A fracture that is, or is not, a pseudofracture, somewhere."""
    return SimpleNamespace(site=site, pseudofracture=pseudofracture, low_energy=None)


@pytest.mark.parametrize(
    ("fractures", "there", "bears"),
    [
        ([a_looser_zone("left femoral neck")], True, True),
        ([a_looser_zone("Hip")], True, True),
        ([a_looser_zone("lumbar vertebra")], True, True),
        ([a_looser_zone("rib")], True, False),
        ([a_looser_zone(None)], True, False),
        ([a_looser_zone("hip", False)], False, False),
        ([a_looser_zone("hip", None)], False, False),
        ([a_looser_zone("rib"), a_looser_zone("hip")], True, True),
        ([a_looser_zone(None), a_looser_zone("hip")], True, True),
        ([a_looser_zone("hip", None), a_looser_zone("rib")], True, False),
        (True, False, False),
        (None, False, False),
    ],
    ids=str,
)
def test_a_pseudofracture_of_hip_femur_or_spine_must_not_bear_weight(
    fractures: Any, there: bool, bears: bool
) -> None:
    assert suspicion.pseudofracture(fractures) is there
    assert suspicion.bears_weight(fractures) is bears


@pytest.mark.parametrize(
    ("said", "symptoms"),
    [
        ({}, False),
        ({"fractures": True}, True),
        ({"fractures": [a_looser_zone("rib", None)]}, True),
        ({"fractures": []}, False),
        ({"bone_pain": True}, True),
        ({"unable_to_walk": True}, True),
        ({"bone_pain": False, "fractures": False}, False),
    ],
    ids=str,
)
def test_pain_weakness_fractures_and_failing_mobility_are_symptoms(
    said: dict[str, Any], symptoms: bool
) -> None:
    nothing: dict[str, Any] = dict.fromkeys((*suspicion.COMPLAINTS, "fractures"))
    assert suspicion.has_symptoms(SimpleNamespace(**nothing | said)) is symptoms
