"""What follow-up proposes to give, and the prescriber's answer to it, in the prescriber's name."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Form, Request
from fastapi.responses import Response

from services.chassis import audit
from services.chassis.client import Refused, Unreachable
from services.chassis.database import InTransaction
from services.chassis.errors import Unavailable
from services.coordination import repository
from services.coordination.answers import Said
from services.coordination.language import say
from services.coordination.pages.telling import and_back
from services.coordination.parts import parts_of
from services.coordination.rendering import PageRoute, page
from services.coordination.routes import found
from services.coordination.sign_in import Person, expect_own_form

router = APIRouter(route_class=PageRoute)


@router.post("/journeys/{journey_id}/proposals/{proposal_id}", response_class=Response)
async def decide(
    journey_id: UUID,
    proposal_id: UUID,
    request: Request,
    after: BackgroundTasks,
    session: InTransaction,
    person: Person,
    csrf: Annotated[str, Form()] = "",
    answer: Annotated[str, Form(max_length=20)] = "",
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Accept or refuse; follow-up keeps who said so and why, and tells the journey."""
    expect_own_form(person, csrf)
    journey = await found(session, person.caller, journey_id, "EpisodeOfCare")
    problems = []
    if answer not in ("accepted", "refused"):
        problems.append(say("choose one of the answers"))
    if answer == "refused" and not reason.strip():
        problems.append(say("a reason is needed"))
    neighbours = parts_of(request).neighbours
    if neighbours is None:
        raise Unavailable("follow-up cannot be asked now; try again later")
    if not problems:
        said = {
            "answer": answer,
            "reason": reason.strip(),
            "decided_at": repository.now_there(journey).isoformat(),
        }
        audit.record(
            session, person.caller, "update", "MedicationRequest", proposal_id, journey.patient_id
        )
        await session.commit()  # nobody waits for our database while another service decides
        path = f"/followup/v1/plans/{journey.record or journey_id}/proposals/{proposal_id}/decision"
        try:
            await neighbours.tell(person.caller, "PUT", path, Said(said))
        except Refused as refusal:
            detail = str(refusal.problem.get("detail") or refusal.problem.get("title") or refusal)
            problems.append(say(detail))
        except Unreachable:
            raise Unavailable("follow-up cannot be asked now; try again later") from None
    if problems:
        return page(
            "not_stored.html",
            status=422,
            person=person,
            journey=journey,
            problems=problems,
            typed=reason.strip(),
        )
    return and_back(request, after, journey_id, "#proposals")
