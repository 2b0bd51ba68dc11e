"""The questions that cases put to the rules: plain words and numbers in, plain words out."""

from collections.abc import Callable
from typing import Any

from tests.knowledge.questions import (
    assessment,
    follow_up,
    hours,
    kidney,
    minerals,
    patient,
    results,
    safety,
    search,
    treatment,
)

EARLY = (results, kidney, minerals, patient, assessment, search)
BOOKS = (*EARLY, follow_up, hours, safety, treatment)


def question(name: str) -> Callable[..., Any]:
    """The question of this name."""
    [found] = [vars(book)[name] for book in BOOKS if name in vars(book)]
    return found  # type: ignore[no-any-return]
