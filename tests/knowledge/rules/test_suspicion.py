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
