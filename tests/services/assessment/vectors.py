"""The decision vectors as requests. They stand with the reference cases of the knowledge."""

from typing import Any

from knowledge.reference_cases.decision_vectors import (
    AS_OF,
    a_day,
    an_observation,
    body_of,
    vectors,
)
from services.assessment.contract import EvaluateRequest

__all__ = ["AS_OF", "a_day", "an_observation", "body_of", "request_of", "vectors"]


def request_of(case: dict[str, Any]) -> EvaluateRequest:
    """The request this vector stands for."""
    return EvaluateRequest.model_validate(body_of(case))
