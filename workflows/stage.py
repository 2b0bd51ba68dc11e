"""What a phase says of itself: whom it asks, what it puts to a person, where each answer leads."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from knowledge.terms.obligation import Conclusion, Proposal
from workflows.contract import ConclusionRequest, Phase, Role
from workflows.human_task import Question

CONFIRMED = "confirmed"
"""The answer by which a diagnosis that was in doubt stands."""

THE_DIAGNOSIS_IS_IN_DOUBT = Question(
    "the-diagnosis-is-in-doubt", Role.CLINICIAN, (CONFIRMED, "reassess", "refuted")
)


@dataclass(frozen=True)
class Stage:
    """One phase of the pathway, as data. An answer that leads to its own phase means "not now"."""

    phase: Phase
    leads_to: Mapping[str, Phase]
    asks: Callable[[Any, ConclusionRequest], Awaitable[Conclusion]] | None = None
    questions: Mapping[Proposal, Question] = field(default_factory=dict)
    always: Question | None = None
    when_reopened: Question | None = None
    when_doubted: Question | None = None

    def question(
        self, proposal: str | None, *, reopened: bool = False, doubted: bool = False
    ) -> Question | None:
        """What has to be put to a person, given what is proposed?

        `reopened`: what led into this phase was corrected, and does not stand as it did; `doubted`:
        so was what the diagnosis rests on.
        """
        if doubted and self.when_doubted is not None:
            return self.when_doubted
        if reopened and self.when_reopened is not None:
            return self.when_reopened
        for proposed, question in self.questions.items():
            if proposed == proposal:
                return question
        return self.always
