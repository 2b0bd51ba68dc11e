"""The cases whose answers are approved by people, and must be approved again when one changes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from knowledge.reference_cases import decision_vectors, published


@dataclass(frozen=True, slots=True)
class ReferenceCase:
    """One patient, published or invented, as a caller would send them."""

    id: str
    says: str
    request: dict[str, Any]


def reference_cases() -> Iterator[ReferenceCase]:
    """Every reference case: the invented patients of the specification, then the published."""
    for case in decision_vectors.vectors():
        yield ReferenceCase(case["id"], case["says"], decision_vectors.body_of(case))
    for case in published.published_cases():
        says = f"published: {case['diagnosis_final']}"
        yield ReferenceCase(case["id"], says, published.body_of(case))
