"""The published cases as requests. They stand with the reference cases of the knowledge."""

from typing import Any

from knowledge.reference_cases.published import body_of, published_cases
from services.assessment.contract import EvaluateRequest

__all__ = ["published_cases", "request_of"]


def request_of(case: dict[str, Any]) -> EvaluateRequest:
    """What a laboratory and a ward would have sent for this patient."""
    return EvaluateRequest.model_validate(body_of(case))
