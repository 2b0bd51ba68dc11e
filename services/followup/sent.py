"""What follow-up is told at once: the patient, and a history of dated events."""

from datetime import date
from typing import Any, Self

from pydantic import Field, model_validator

from knowledge.terms.person import Profile
from knowledge.terms.sent import Instant, Name, Native, Zone
from services.followup.corrected import in_order, what_stands
from services.followup.events import DatedEvent
from services.followup.reported import Patient


class PlanRequest(Native):
    """FHIR CarePlan of follow-up: all that is known when the question is asked."""

    patient: Patient = Patient()
    as_of: Instant | None = None
    profile: Profile = Profile.INT_ADULT
    label_profile: Name | None = None
    zone: Zone | None = None
    """In which days begin and end. Without it `as_of` says it by its offset."""
    opened_on: date | None = None
    preview_years: int | None = Field(default=None, ge=1, le=30)
    history: list[DatedEvent] = Field(default_factory=list)

    @model_validator(mode="after")
    def read_what_stands(self) -> Self:
        """By its own times, and without what was corrected or taken back in the same history."""
        if any(_may_be_another(event) for event in self.history):
            self.history = what_stands(self.history)
        if len(self.history) > 1:
            self.history = in_order(self.history)
        return self


class ProposedEvents(Native):
    """Events that somebody thinks of, to see what they would move. Nothing is stored by asking."""

    events: list[DatedEvent] = Field(default_factory=list)
    as_of: Instant | None = None
    years: int = Field(default=5, ge=1, le=30)


def _may_be_another(event: Any) -> bool:
    said = event.__dict__
    version, status = said.get("version"), said.get("status")
    return (version or 1) > 1 or status is not None
