"""Answer a plan anew, draw one conclusion of it, and write both down."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.rules import imaging
from knowledge.terms.obligation import Conclusion
from services.chassis.conclusions.changes import as_heard
from services.chassis.conclusions.plans import Occasion
from services.chassis.conclusions.shown import NewerVersion
from services.localization.answer import ANSWER, Plan
from services.localization.assembling import inputs, question, standing
from services.localization.compare import HEADLINES, compare
from services.localization.localize import conclude, localize
from services.localization.stored import Change
from services.localization.tables import ConclusionRow, PlanRow
from services.localization.versions import Version, by_key, newest

BECAUSE: TypeAdapter[list[NewerVersion]] = TypeAdapter(list[NewerVersion])
CHANGES: TypeAdapter[list[Change]] = TypeAdapter(list[Change])

REPORTS = frozenset({"examination", "study", "venous_sampling", "biopsy", "resection"})
"""What is corrected. An order that goes on or a person's word is news, and corrects nothing."""


def answer_anew(plan: PlanRow, known: list[Version], as_of: datetime) -> None:
    """Answer from all that stands, and keep the answer as the plan's last."""
    request = question(plan.body, standing(known), known, as_of.date())
    keep_answer(plan, ANSWER.dump_python(localize(request, as_of), mode="json"), as_of)


def keep_answer(plan: PlanRow, answer: dict[str, Any], as_of: datetime) -> None:
    """This is the plan's last answer now."""
    plan.as_of, plan.answer = as_of, answer
    plan.version += 1


def draw(
    session: AsyncSession,
    plan: PlanRow,
    known: list[Version],
    used: Sequence[Version],
    said: Mapping[str, Any],
    occasion: Occasion[ConclusionRow],
) -> ConclusionRow:
    """Conclude from these versions, and remember it with what it says otherwise than before."""
    request = question(said, used, known, occasion.as_of.date())
    answer = localize(request, occasion.as_of)
    opened_on = plan.opened_on or occasion.as_of.date()
    concluded = conclude(occasion.id, request, occasion.as_of, opened_on)
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
        answer=ANSWER.dump_python(answer, mode="json"),
        knowledge_version=answer.knowledge_version,
        concluded_at=occasion.at,
        versions=inputs(used),
        said=dict(said),
        heard=occasion.heard,
        supersedes=None if before is None else before.id,
        because=BECAUSE.dump_python(occasion.because, mode="json", by_alias=True),
        changes=CHANGES.dump_python(changes, mode="json"),
    )
    session.add(row)
    return row


def as_drawn(row: ConclusionRow) -> tuple[Plan, Conclusion]:
    """What was answered, and what of it a journey hears."""
    return ANSWER.validate_python(row.answer), Conclusion.model_validate(row.conclusion)


def as_used(row: ConclusionRow, known: list[Version]) -> list[Version]:
    """What a conclusion was drawn from: reports as they stand now, people's words as of then."""
    versions, found = by_key(known), []
    for key, number in row.versions.items():
        one = next(v for v in versions[key] if v.number == number)
        found.append(newest(versions[key]) if one.kind in REPORTS else one)
    return found


def what_it_is(one: Version) -> str:
    """The act that a report answers, or else its kind."""
    if one.kind != "study":
        return one.kind
    how = imaging.technique(one.body.get("modality", ""), one.body.get("tracer"))
    return (how.act or how.modality if how else None) or one.kind
