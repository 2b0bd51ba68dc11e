"""HumanTask: ask a role, take the answer. Used inside workflows.

Reminders and escalation of an open question are coordination's: progress carries the question,
and its ladder `decision` runs until the answer came.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from workflows.contract import Decision, JourneyState, OpenTask, Role


@dataclass(frozen=True)
class Question:
    """What is asked of whom. Codes; the words stand on the page."""

    code: str
    role: Role
    answers: tuple[str, ...]


class HumanTask:
    """The one question of a journey that waits for a person."""

    def __init__(self, state: JourneyState) -> None:
        self._state = state

    def ask(self, question: Question, task_id: UUID, now: datetime) -> None:
        """Put the question to its role. One that is open already stays the same task."""
        if self._state.task is not None and self._state.task.question == question.code:
            return
        self._state.task = OpenTask(
            id=task_id,
            question=question.code,
            role=question.role,
            answers=question.answers,
            opened_at=now,
        )
        self._state.untold = True

    def withdraw(self) -> None:
        """Nobody needs to answer any more."""
        if self._state.task is not None:
            self._state.task = None
            self._state.untold = True

    def decline(self) -> None:
        """The proposal was heard and not followed; it is not repeated while nothing changes."""
        self._state.declined = self._state.standing
        self.withdraw()

    def has_been_declined(self) -> bool:
        """Was this very conclusion already answered with "not now"?"""
        return self._state.declined is not None and self._state.declined == self._state.standing

    def expect(self, decision: Decision, allowed: tuple[str, ...]) -> str | None:
        """Why this answer cannot be taken; None if it can."""
        task = self._state.task
        if decision.task is not None and (task is None or task.id != decision.task):
            return "this question is no longer open"
        if decision.answer not in (task.answers if decision.task and task else allowed):
            return f"'{decision.answer}' is no answer during {self._state.phase}"
        operated_at = self._state.operated_at
        if decision.task is None and operated_at and decision.occurred_at < operated_at:
            return "an operation has overtaken this decision"
        return None
