"""What would a merge of two journeys do? Looked at, nothing is done."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.terms.obligation import ObligationStatus
from services.chassis.errors import NotFound
from services.coordination import repository
from services.coordination.life_contract import MergePreview
from services.coordination.merging import PHASES, known_of, why_not
from services.coordination.reading import owed_of
from services.coordination.tables import JourneyRow


async def preview(session: AsyncSession, journey: JourneyRow, other_id: UUID) -> MergePreview:
    """What would a merge do? Nothing is done."""
    other = await repository.find_journey(session, journey.organisation, other_id)
    if other is None:
        raise NotFound("there is no such journey")
    why = await why_not(session, journey, other, undone=False)
    if why is None and (journey.phase == repository.CLOSED or journey.merged_into):
        why = "the journey that should go on is closed"
    told = {one.id for one in await known_of(session, journey)}
    others = await known_of(session, other)
    place, others_place = (journey.organisation, journey.id), (other.organisation, other.id)
    owed = {(one.rule, one.occurrence) for one in await repository.obligations_of(session, *place)}
    others_owed = [
        one
        for one in await repository.obligations_of(session, *others_place)
        if one.status == ObligationStatus.OPEN
    ]
    now = datetime.now(UTC)
    shared = [one for one in others_owed if (one.rule, one.occurrence) in owed]
    taken = [owed_of(one, now) for one in others_owed if one not in shared]
    further = max(journey.phase, other.phase, key=_how_far)
    return MergePreview(
        survivor=journey.id,
        other=other.id,
        refused=why,
        doubts=_doubts(journey.patient, other.patient),
        phase=further,
        events_taken=dict(Counter(one.kind for one in others if one.id not in told)),
        events_known=sum(1 for one in others if one.id in told),
        obligations_taken=taken,
        obligations_shared=len(shared),
        question_withdrawn=None if other.task is None else other.task["question"],
    )


def _how_far(phase: str) -> int:
    return PHASES.index(phase) if phase in PHASES else -1


def _doubts(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """What is said differently of the two, where both say it?"""
    differing = []
    for name in ("sex", "birth_date"):
        said = {one.get(name), other.get(name)} - {None, "unknown"}
        if len(said) > 1:
            differing.append(f"{name}-differs")
    return differing
