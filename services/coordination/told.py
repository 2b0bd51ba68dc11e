"""What was told to a journey, in the few words that tell one event of a kind from another."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from knowledge.rules.imaging import TABLE as IMAGING
from services.coordination import wording
from services.coordination.language import count, listed, say
from services.coordination.tables import EventRow


@dataclass(frozen=True, slots=True)
class Told:
    """An event as the page shows it."""

    id: UUID
    kind: str
    what: str
    occurred_at: datetime
    told_by: str
    source: str
    outcome: str
    reason: str
    gist: list[str]


def told(event: EventRow) -> Told:
    """What was told, by whom, and what became of it?"""
    return Told(
        id=event.id,
        kind=event.kind,
        what=wording.of_code(wording.KINDS, event.kind),
        occurred_at=event.occurred_at,
        told_by=event.told_by,
        source=event.source or "",
        outcome=event.outcome,
        reason=event.reason,
        gist=_gist(event.kind, event.payload),
    )


def _gist(kind: str, payload: Mapping[str, Any]) -> list[str]:
    if kind == "observations":
        said = payload.get("observations")
        return (
            [_value(one) for one in said if isinstance(one, dict)] if isinstance(said, list) else []
        )
    return [words for words in _few_words(kind, payload) if words]


def _few_words(kind: str, payload: Mapping[str, Any]) -> list[str]:
    reason = str(payload.get("reason") or payload.get("note") or "")
    if kind == "decision":
        answer = str(payload.get("answer", ""))
        return [_after(wording.of_code(wording.ANSWERS, answer), reason)]
    if kind == "study":
        return [_scan(payload), _day(payload.get("performed_at")), _lesions(payload)]
    if kind == "examination":
        return [_day(payload.get("examined_at")), _lesions(payload)]
    if kind == "surgery":
        margin = payload.get("margin")
        return [
            _day(payload.get("performed_at")),
            _site(payload),
            _after(say("margin"), wording.of_code(wording.MARGINS, margin)) if margin else "",
            wording.sentence(say(str(payload.get("histology") or ""))),
        ]
    if kind == "therapy":
        return [_drug(payload), _span(payload)]
    if kind == "order":
        act = wording.act_in_words(str(payload.get("act") or ""))
        status = str(payload.get("status") or "")
        return [wording.sentence(_after(act, wording.plain(status)))]
    if kind == "contact":
        channel = wording.of_code(wording.CHANNELS, payload.get("channel"))
        outcome = wording.of_code(wording.OUTCOMES, payload.get("outcome"))
        return [listed([word for word in (channel, outcome) if word]), reason]
    if kind in ("disposition", "acknowledgement"):
        ended = wording.DISPOSITIONS.get(str(payload.get("disposition")), "Seen")
        return [_after(say(ended), reason)]
    return []


def _after(words: str, more: str) -> str:
    return f"{words}: {more}" if more else words


def _day(said: object) -> str:
    """The day on which it was done: the one told, which is not always the day of telling."""
    try:
        return wording.day(date.fromisoformat(str(said)[:10]))
    except ValueError:
        return ""


def _scan(payload: Mapping[str, Any]) -> str:
    kind = str(payload.get("modality") or "")
    tracer = IMAGING.entries["tracers"].get(str(payload.get("tracer") or ""))
    name = say(wording.SCANS[kind]) if kind in wording.SCANS else wording.title(kind)
    return name if tracer is None else f"{name}, {tracer.fields['name']}"


def _lesions(payload: Mapping[str, Any]) -> str:
    lesions = payload.get("lesions")
    if not isinstance(lesions, list):
        return ""
    if not lesions:
        return say("no lesion entered")
    places = [_site(one) for one in lesions if isinstance(one, dict)]
    number = count("%(n)s lesion", "%(n)s lesions", len(lesions))
    return _after(number, "; ".join(place for place in places if place))


def _site(payload: Mapping[str, Any]) -> str:
    words = [str(payload[name]) for name in ("site", "laterality") if payload.get(name)]
    return wording.sentence(listed([say(word) for word in words]))


def _drug(payload: Mapping[str, Any]) -> str:
    agent = wording.sentence(wording.plain(str(payload.get("agent") or "")))
    dose = payload.get("dose")
    return agent if dose is None else f"{agent} {dose} {payload.get('dose_unit') or ''}".strip()


def _span(payload: Mapping[str, Any]) -> str:
    given, began, ended = (
        _day(payload.get(name)) for name in ("given_on", "started_on", "stopped_on")
    )
    return given or (f"{began} – {ended}" if began or ended else "")


def _value(said: Mapping[str, Any]) -> str:
    name = wording.act_in_words(str(said.get("analyte") or said.get("loinc") or "?"))
    number = f"{said.get('comparator') or ''}{said.get('value', '')}"
    return f"{name} {number} {said.get('unit') or say('(no unit)')}"
