"""Answer a plan anew, draw one conclusion of it, and write both down."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.terms.obligation import Conclusion
from services.chassis.conclusions.changes import as_heard
from services.chassis.conclusions.plans import Occasion
from services.chassis.conclusions.shown import NewerVersion
from services.followup.answer import FollowUp
from services.followup.asking import Before
from services.followup.compare import HEADLINES, compare
from services.followup.follow_up import conclude, follow_up
from services.followup.repository import question
from services.followup.stored import Change
from services.followup.tables import ConclusionRow, PlanRow
from services.followup.versions import Results, Version, by_key, inputs, newest, standing

BECAUSE: TypeAdapter[list[NewerVersion]] = TypeAdapter(list[NewerVersion])
CHANGES: TypeAdapter[list[Change]] = TypeAdapter(list[Change])


def answer_anew(plan: PlanRow, known: list[Version], results: Results, as_of: datetime) -> None:
    """Answer from all that stands, and keep the answer as the plan's last."""
    request = question(plan.body, standing(known), results)
    keep_answer(plan, follow_up(request, as_of, plan.id).model_dump(mode="json"), as_of)


def keep_answer(plan: PlanRow, answer: dict[str, Any], as_of: datetime) -> None:
    """This is the plan's last answer now."""
    plan.as_of, plan.answer = as_of, answer
    plan.version += 1


def draw(
    session: AsyncSession,
    plan: PlanRow,
    used: Sequence[Version],
    results: Results,
    said: Mapping[str, Any],
    occasion: Occasion[ConclusionRow],
    asked: Before,
) -> ConclusionRow:
    """Conclude from these versions, and remember it with what it says otherwise than before."""
    request = question(said, used, results)
    answer = follow_up(request, occasion.as_of, plan.id)
    concluded = conclude(occasion.id, request, occasion.as_of, plan.id, asked)
    before, changes = occasion.supersedes, []
    if before is not None:
        changes = compare(as_drawn(before), (answer, concluded))
    heard = {"because_of": occasion.corrected, "changes": as_heard(changes, HEADLINES)}
    concluded = concluded.model_copy(update=heard)
    row = ConclusionRow(
        organisation=plan.organisation,
        plan=plan.id,
        id=occasion.id,
        as_of=occasion.as_of,
        inputs=request.model_dump(mode="json"),
        conclusion=concluded.model_dump(mode="json"),
        answer=answer.model_dump(mode="json"),
        knowledge_version=answer.knowledge_version,
        concluded_at=occasion.at,
        versions=inputs(used, results),
        said=dict(said),
        heard=occasion.heard,
        supersedes=None if before is None else before.id,
        because=BECAUSE.dump_python(occasion.because, mode="json", by_alias=True),
        changes=CHANGES.dump_python(changes, mode="json"),
    )
    session.add(row)
    return row


def as_drawn(row: ConclusionRow) -> tuple[FollowUp, Conclusion]:
    """What was answered, and what of it a journey hears."""
    return FollowUp.model_validate(row.answer), Conclusion.model_validate(row.conclusion)


def as_used(row: ConclusionRow, known: list[Version]) -> list[Version]:
    """The events that a conclusion was drawn from, in the versions that stand now."""
    return [newest(told) for key, told in by_key(known).items() if key in row.versions]
