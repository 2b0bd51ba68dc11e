"""How the patient wants to be told, and by what not: kept with who said so, when and why."""

from collections.abc import Mapping
from typing import Any

from services.coordination.contract import ContactPreferences
from services.coordination.tables import EventRow, JourneyRow


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


def language_in(preferences: Mapping[str, Any] | None) -> str | None:
    """In which language does the patient want to be told, if that was said?"""
    language = (preferences or {}).get("language")
    return None if language is None else str(language)
