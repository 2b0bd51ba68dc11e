"""HTTP around the register of lesions, and people's words: one lesion or two, past this gate."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis import audit
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.errors import NotFound
from services.chassis.etags import IfMatch, tell_version
from services.chassis.queries import OnlyKnownQueries
from services.localization import repository
from services.localization.agreeing import Word
from services.localization.answer import Plan
from services.localization.assembling import standing, why_not, words_of
from services.localization.stored import KeptLink, KeptOverride, KeptReport, LesionRegister
from services.localization.tables import PlanRow
from services.localization.telling import expect_agreement, shown, tell
from services.localization.told import LinkSaid, OverrideSaid
from services.localization.versions import Version, by_key, newest

router = APIRouter(
    prefix="/localization/v1/plans", tags=["localization"], route_class=OnlyKnownQueries
)
SEEING = ("study", "examination")


@router.get("/{plan_id}/lesions", response_model=LesionRegister)
async def read_lesions(
    plan_id: UUID,
    response: Response,
    session: InTransaction,
    caller: Annotated[Caller, requires("BodyStructure", "r")],
) -> LesionRegister:
    """Which lesions are there, what did each study say of them, and who joined or parted them?"""
    plan = await _found(session, caller, plan_id)
    known = await repository.entries_of(session, plan.organisation, plan.id)
    audit.record(session, caller, "read", "BodyStructure", plan_id, patient=plan_id)
    tell_version(response, plan.version)
    answer = shown(plan)
    return LesionRegister(
        id=plan.id,
        as_of=answer.as_of,
        state=answer.state,
        lesions=answer.candidates,
        reports=[
            _report(versions) for versions in by_key(known).values() if versions[0].kind in SEEING
        ],
        links=[_link(one, known) for one in standing(known) if one.kind == "lesion_link"],
    )


@router.put("/{plan_id}/lesion-links/{link_id}", response_model=KeptLink)
async def link_lesions(
    plan_id: UUID,
    link_id: UUID,
    link: LinkSaid,
    response: Response,
    session: InTransaction,
    expected: IfMatch,
    caller: Annotated[Caller, requires("BodyStructure", "u")],
) -> KeptLink:
    """Say that two lesions are one, or are two, or take that back. Safe to repeat."""
    plan = await repository.open_plan(session, caller.organisation, plan_id)
    known = await repository.entries_of(session, plan.organisation, plan.id, ["lesion_link"])
    if link.status == "active":
        others = [one for one in standing(known) if one.id != link_id]
        said = Word(str(link_id), link.a, link.b, link.same)
        expect_agreement([said, *words_of(plan.body, others)], "/same", said.key)
    told = await tell(session, caller, plan_id, "lesion_link", link_id, link, expected)
    tell_version(response, told.version.number)
    return _link(told.version, told.known)


@router.put("/{plan_id}/overrides/{override_id}", response_model=KeptOverride)
async def override_gate(
    plan_id: UUID,
    override_id: UUID,
    override: OverrideSaid,
    response: Response,
    session: InTransaction,
    expected: IfMatch,
    caller: Annotated[Caller, requires("DetectedIssue", "u")],
) -> KeptOverride:
    """Go past a gate with a reason, or take that back. A gate that may not be passed stays shut."""
    told = await tell(session, caller, plan_id, "override", override_id, override, expected)
    tell_version(response, told.version.number)
    return _override(told.version, shown(told.plan))


async def _found(session: AsyncSession, caller: Caller, plan_id: UUID) -> PlanRow:
    plan = await repository.find_plan(session, caller.organisation, plan_id)
    if plan is None:
        raise NotFound("there is no such plan")
    return plan


def _report(versions: list[Version]) -> KeptReport:
    now = newest(versions)
    return KeptReport(
        kind=now.kind,
        id=now.id,
        version=now.number,
        versions=len(versions),
        status=now.status,
        told_as=now.told_as,
        told_by=now.by,
        received_at=now.received_at,
    )


def _link(one: Version, known: list[Version]) -> KeptLink:
    at_hand = {str(r.id): r for r in standing(known) if r.kind in SEEING}
    because = why_not(one, at_hand, known)
    return KeptLink.model_validate(
        {
            **one.body,
            "id": one.id,
            "version": one.number,
            "by": one.by,
            "said_at": one.received_at,
            "counts": one.status == "active" and because is None,
            "why_not": because,
        }
    )


def _override(one: Version, answer: Plan) -> KeptOverride:
    """Does any step say that it goes past a gate because of this?"""
    reason = one.body["reason"]
    passed = [said for step in answer.next_steps for said in step.overridden]
    in_effect = any((said.override_reason, said.by) == (reason, one.by) for said in passed)
    return KeptOverride.model_validate(
        {
            **one.body,
            "id": one.id,
            "version": one.number,
            "by": one.by,
            "said_at": one.received_at,
            "in_effect": one.status == "active" and in_effect,
        }
    )
