"""What came of it: what an owner's answer means for the journey, and why it said no."""

from collections.abc import Iterator
from typing import TypedDict
from uuid import UUID

from services.assessment.contract import FactsStored
from services.chassis.client import Refused
from services.coordination.contract import StoredEvent
from services.followup import contract as followup
from services.localization.contract import KeptOrder, StoredPlan
from workflows.activities.names import named
from workflows.contract import EventKind, EventOfJourney

TAKEN_BACK = frozenset({"entered-in-error", "cancelled"})
OF_THE_DIAGNOSIS = frozenset(
    {"class", "mechanism", "urgent", "leading_diagnosis", "rule_fired", "rule_not_fired"}
)
"""What of an assessment a person should see once it was acted upon; a number alone is not that."""


def why(refused: Refused) -> str:
    """What the service said, and the places it pointed at."""
    said = str(refused.problem.get("detail") or refused)
    errors = refused.problem.get("errors") or []
    places = "; ".join(f"{error.get('pointer')}: {error.get('detail')}" for error in errors)
    return f"{said} ({places})" if places else said


def what_came_of_it(answer: object) -> str:
    """Which values were set aside though the rest was taken, and what did the rest correct?"""
    if isinstance(answer, KeptOrder):
        return answer.followed.standing.replace("_", " ")
    if isinstance(answer, StoredPlan | followup.StoredFollowUp):
        return "; ".join(_drawn_again(answer))
    if not isinstance(answer, FactsStored):
        return ""
    not_used = (f"{value.observation}: {value.reason}" for value in answer.rejected)
    return "; ".join((*not_used, *_corrected(answer)))


class Report(TypedDict, total=False):
    """Which report it was, and whether it is taken back."""

    report: UUID
    version: int
    withdrawn: bool


def report(request: EventOfJourney, event: StoredEvent) -> Report:
    """Under which name does this report go, in which version, and does it still stand?"""
    if event.kind not in (EventKind.SURGERY, EventKind.STUDY):
        return {}
    told = event.payload
    return {
        "report": named(request.journey_id, event.kind, request.event_id, told.get("id")),
        "version": told.get("version") or 1,
        "withdrawn": told.get("status") in TAKEN_BACK,
    }


def reopens_the_search(answer: object) -> bool:
    """Does the search stand otherwise, now that a report was corrected or withdrawn?"""
    if not isinstance(answer, StoredPlan):
        return False
    return any(one.what == "state" for found in answer.affected for one in found.changes)


def doubts_the_diagnosis(answer: object) -> bool:
    """Is something else concluded of the diagnosis, now that a result was corrected?"""
    if not isinstance(answer, FactsStored):
        return False
    return any(one.what in OF_THE_DIAGNOSIS for found in answer.affected for one in found.changes)


def _corrected(answer: FactsStored) -> Iterator[str]:
    """Which results took the place of which, and what is concluded otherwise since?"""
    if not answer.affected:
        return
    results = {one.observation: one for found in answer.affected for one in found.because}
    for id, result in results.items():
        yield f"corrected result: {result.analyte or id} ({result.status})"
    newest = answer.affected[-1]
    changed = [one for one in newest.changes if one.name is None]
    yield f"conclusions drawn again: {len(answer.affected)}"
    for one in changed:
        yield f"{one.what.replace('_', ' ')}: {one.before or 'none'} → {one.after or 'none'}"


def _drawn_again(answer: StoredPlan | followup.StoredFollowUp) -> Iterator[str]:
    """Which report took the place of which, and what is concluded otherwise since?"""
    if not answer.affected:
        return
    reports = {one.id: one for found in answer.affected for one in found.because}
    for report in reports.values():
        yield f"corrected report: {report.what} ({report.status})"
    yield f"conclusions drawn again: {len(answer.affected)}"
    for one in answer.affected[-1].changes:
        if one.what == "state":
            yield f"state: {one.before or 'none'} → {one.after or 'none'}"
