"""One thing is told of a search: keep it as the version that it is, and answer the plan anew."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from pydantic import TypeAdapter
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis import audit
from services.chassis.auth import Caller
from services.chassis.conclusions.ledger import moment_of_receipt
from services.chassis.errors import Conflict, FieldProblem
from services.chassis.etags import Expected
from services.localization import repository
from services.localization.agreeing import Word, contradiction
from services.localization.cascade import affected_by, correct
from services.localization.drawing import REPORTS, answer_anew
from services.localization.stored import StoredPlan
from services.localization.tables import PlanRow
from services.localization.told import Said
from services.localization.versions import (
    HasEnded,
    OlderWord,
    OtherContent,
    OtherReport,
    Version,
    newest,
    place,
    said_of,
)

RESOURCES = {
    "examination": "Observation",
    "study": "ImagingStudy",
    "venous_sampling": "Procedure",
    "biopsy": "DiagnosticReport",
    "resection": "Procedure",
    "order": "ServiceRequest",
    "lesion_link": "BodyStructure",
    "override": "DetectedIssue",
}
"""Each kind of thing as FHIR calls it, for scopes and the audit log."""

SHOWN: TypeAdapter[StoredPlan] = TypeAdapter(StoredPlan)

WHY: dict[type[Exception], str] = {
    HasEnded: "this order has ended; a new one needs an id of its own",
    OlderWord: "a later word about this report was told before; number the newer one higher",
    OtherReport: "under this id another report was told; say that it is corrected, or number it",
}


@dataclass(slots=True)
class Told:
    """The plan, everything that was told of it, and the version that this call was about."""

    plan: PlanRow
    known: list[Version]
    version: Version


async def tell(
    session: AsyncSession,
    caller: Caller,
    plan_id: UUID,
    kind: str,
    id: UUID,
    body: Said,
    expected: Expected | None = None,
) -> Told:
    """Keep what was told, if it is news. 409 where its version said something else before.

    The plan begins with the first thing that is told of it.
    """
    plan = await repository.open_plan(session, caller.organisation, plan_id)
    known = await repository.entries_of(session, plan.organisation, plan.id)
    mine = [one for one in known if one.kind == kind and one.id == id]
    said = said_of(body)
    number = getattr(body, "version", None)
    try:
        same, number = place(mine, kind, said, number)
    except OtherContent:
        raise _said_otherwise(kind) from None
    except (HasEnded, OlderWord, OtherReport) as refusal:
        raise Conflict(WHY[type(refusal)]) from None
    if expected is not None and same is None:
        expected.check(newest(mine).number if mine else None)
    if same is not None:
        audit.record(session, caller, "read", RESOURCES[kind], id, patient=plan_id)
        return Told(plan, known, same)
    new = Version(
        kind=kind,
        id=id,
        number=number,
        status=getattr(body, "status", "final"),
        body=said,
        sender=caller.subject,
        by=caller.display or caller.subject,
        received_at=moment_of_receipt(plan),
        told_as=getattr(body, "id", None),
    )
    repository.ledger(session, plan.organisation, plan.id).add(new)
    action: audit.Action = "update" if mine else "create"
    audit.record(session, caller, action, RESOURCES[kind], id, patient=plan_id)
    known = [*known, new]
    if kind in REPORTS and mine and newest([*mine, new]) is new:
        await correct(session, caller, plan, known, new)
    answer_anew(plan, known, plan.as_of or datetime.now(UTC))
    session.add(plan)
    return Told(plan, known, new)


async def plan_after(session: AsyncSession, told: Told) -> StoredPlan:
    """The plan as it is shown to who told something, with what was drawn again because of it."""
    plan = shown(told.plan)
    if told.version.kind in REPORTS:
        await session.flush()
        plan.affected = await affected_by(session, told.plan, told.version)
    return plan


def expect_agreement(words: Iterable[Word], pointer: str, new: str | None = None) -> None:
    """409 where what is said of lesions cannot hold together, with the words that it contradicts.

    They are named by their ids: how somebody calls a lesion stays in the record.
    """
    problems = [
        FieldProblem(pointer=pointer, code="contradicts", detail=f"link {word.key}")
        for word in contradiction(words)
        if word.key != new
    ]
    if problems:
        why = "taken together, what is said of these lesions cannot be; take one word back first"
        raise Conflict(why, errors=problems)


def shown(plan: PlanRow) -> StoredPlan:
    """The last answer."""
    said = {**(plan.answer or {}), "id": plan.id, "as_of": plan.as_of}
    return SHOWN.validate_python(said)


def _said_otherwise(kind: str) -> Conflict:
    detail = f"this version of the {kind} said something else before; number the newer one higher"
    problem = FieldProblem(pointer="/version", code="other_content", detail=detail)
    return Conflict("a version of this said something else before", errors=[problem])
