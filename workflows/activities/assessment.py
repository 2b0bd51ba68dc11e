"""What a journey asks of the assessment service."""

from typing import Any

from temporalio import activity

from knowledge.terms.obligation import Conclusion
from services.assessment.contract import AsOf, RecordFacts
from services.coordination.contract import StoredEvent
from workflows.activities.owner import Owner, about
from workflows.activities.weather import heard
from workflows.contract import ConclusionRequest, EventOfJourney, HandedOver


class AssessmentActivities(Owner):
    """What a journey asks of the assessment service."""

    @activity.defn
    async def record_facts(self, request: EventOfJourney) -> HandedOver:
        """Hand over observations, findings, exposures or genetics."""
        return await self._hand_over(request, RecordFacts, self._assessment.record_facts)

    @activity.defn
    async def conclude_assessment(self, request: ConclusionRequest) -> Conclusion:
        """Does this person have TIO, by what is known now?"""
        moment = AsOf(as_of=request.at, last_heard=request.heard.get("assessment"))
        return await heard(
            self._assessment.assess_record(
                request.organisation, request.record_id, request.conclusion_id, moment
            )
        )

    def _told(self, event: StoredEvent) -> dict[str, Any]:
        return about(event) | event.payload
