"""How the patient wants to be told, and by what not: kept with who said so, when and why."""

from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from knowledge.terms.sent import Native
from services.coordination.planning import EVERYTHING
from services.coordination.tables import EventRow, JourneyRow

Means = Literal["everything", "sms", "letter", "app", "email", "phone"]


class ContactPreferences(Native):
    """The payload of `preferences`: what the patient refuses and why, and in which language.

    It replaces what was said before. What is due is still due: its ladder climbs to those at work.
    """

    refuses: tuple[Means, ...] = Field(default=(), max_length=10)
    reason: str = Field(default="", max_length=2000)
    language: Literal["en", "zh"] | None = None

    @model_validator(mode="after")
    def expect_reason(self) -> Self:
        """Nobody is left out of reminders without a reason."""
        if self.refuses and not self.reason.strip():
            raise PydanticCustomError("reason_missing", "a refusal needs a reason")
        return self


def take_preferences(journey: JourneyRow, event: EventRow) -> str | None:
    """Keep what the patient wants. A word of an earlier day does not overrule a later one."""
    said = ContactPreferences.model_validate(event.payload)
    known = journey.preferences
    told_at = event.occurred_at.isoformat()
    if known is not None and (known["at"], known["event"]) > (told_at, str(event.id)):
        return "something newer was said before"
    journey.preferences = said.model_dump(mode="json") | {
        "at": told_at,
        "by": event.told_by,
        "event": str(event.id),
    }
    return None


def refused_by(journey: JourneyRow) -> frozenset[str]:
    """By what does the patient not want to be told?"""
    return frozenset((journey.preferences or {}).get("refuses", ()))


def refuses_everything(journey: JourneyRow) -> bool:
    """Does the patient want no messages at all?"""
    return EVERYTHING in refused_by(journey)


def language_of(journey: JourneyRow) -> str | None:
    """In which language does the patient want to be told, if that was said?"""
    language = (journey.preferences or {}).get("language")
    return None if language is None else str(language)
