"""Everything the other services know of one patient, asked at once; who is away leaves a gap."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.chassis.auth import Caller
from services.coordination.answers import Said
from services.coordination.contract import TimelineEntry
from services.coordination.pages.engine import in_time, look, whole_answer
from services.coordination.parts import Parts
from services.coordination.reading import conclusion_of
from services.coordination.tables import JourneyRow
from workflows.contract import Phase

AFTER_ASSESSMENT = (Phase.LOCALIZATION, Phase.TREATMENT, Phase.SURVEILLANCE, Phase.CLOSED)
FOLLOWED = (Phase.TREATMENT, Phase.SURVEILLANCE, Phase.CLOSED)


@dataclass(frozen=True, slots=True)
class Known:
    """What was answered. None: it could not be asked; {}: nothing is known there."""

    answer: dict[str, Any] | None = None
    assessed: dict[str, Any] | None = None
    search: dict[str, Any] | None = None
    trends: dict[str, Any] | None = None
    proposals: dict[str, Any] | None = None
    preview: dict[str, Any] | None = None
    away: tuple[str, ...] = ()


async def everything_known(
    parts: Parts, caller: Caller, journey: JourneyRow, moments: Sequence[TimelineEntry]
) -> Known:
    """What do assessment, localization and follow-up know of this patient?"""
    searched = journey.phase in AFTER_ASSESSMENT
    conclusion = conclusion_of(journey)
    followed = journey.phase in FOLLOWED or (
        conclusion is not None and conclusion.service == "followup"
    )
    followed = followed or any(moment.detail == "therapy" for moment in moments)
    record = journey.record or journey.id
    plan = f"/followup/v1/plans/{record}"
    answer, assessed, search, trends, proposals, preview = await asyncio.gather(
        whole_answer(parts, journey),
        _assessed(parts, journey, moments),
        _only(searched, look(parts, caller, f"/localization/v1/plans/{record}")),
        _only(followed, look(parts, caller, f"{plan}/trends")),
        _only(followed, look(parts, caller, f"{plan}/proposals")),
        _only(followed, _preview(parts, caller, plan)),
    )
    away = []
    if search is None:
        away.append("localization")
    if trends is None:
        away.append("followup")
    if conclusion is not None and conclusion.service == "assessment":
        assessed = answer
    return Known(answer, assessed, search, trends, proposals, preview, tuple(away))


async def _only(wanted: bool, asked: Any) -> dict[str, Any] | None:
    if not wanted:
        asked.close()
        return {}
    answer: dict[str, Any] | None = await asked
    return answer


async def _assessed(
    parts: Parts, journey: JourneyRow, moments: Sequence[TimelineEntry]
) -> dict[str, Any] | None:
    """The last whole answer of assessment, once the journey has left it behind."""
    conclusion = conclusion_of(journey)
    if parts.conclusions is None or conclusion is None or conclusion.service == "assessment":
        return None
    last = next(
        (
            moment.reference
            for moment in moments
            if moment.what == "conclusion" and moment.detail.startswith("assessment:")
        ),
        None,
    )
    if last is None:
        return None
    return await in_time(
        parts.conclusions(
            journey.organisation, "assessment", journey.record or journey.id, UUID(last)
        ),
        "conclusion-not-read",
    )


async def _preview(parts: Parts, caller: Caller, plan: str) -> dict[str, Any] | None:
    if parts.neighbours is None:
        return None
    asked = parts.neighbours.tell(caller, "POST", f"{plan}/preview", Said({"years": 5}))
    answer = await in_time(asked, "preview-not-read")
    return {} if answer is None else answer.get("preview") or {}
