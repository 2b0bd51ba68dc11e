"""A journey hears at once that a proposal was answered: what was asked of a prescriber ends there.

Told once the answer is kept, as the disposition of what was asked. Codes and ids only: why, and who
it was, stay here. If coordination is away, nothing is lost: the answer stands, the journey asks us
again on the day before the next reminder at the latest, and whoever repeats the answer tells it.
"""

from collections.abc import Sequence
from uuid import UUID, uuid5

from services.chassis.client import Refused, ServiceClient, Unreachable
from services.chassis.logging import get_logger
from services.coordination.client import CoordinationClient
from services.coordination.contract import Event
from services.followup.asking import Before, key_answered
from services.followup.proposals import answered
from services.followup.tables import ProposalDecisionRow

SCOPES = ("system/EpisodeOfCare.c",)
"""What telling a journey needs."""


class Journeys:
    """The journeys, as far as follow-up speaks to them. Without coordination it does not."""

    def __init__(self, coordination: ServiceClient | None) -> None:
        self._coordination = None if coordination is None else CoordinationClient(coordination)

    async def tell(self, organisation: str, journey: UUID, event: Event) -> None:
        """Tell this journey; a journey that is closed, or not there, need not hear it."""
        if self._coordination is None:
            return
        try:
            await self._coordination.record_event(organisation, journey, event)
        except (Refused, Unreachable) as why:
            name = type(why).__name__
            get_logger("followup").warning("answer-not-told", journey=str(journey), error=name)


def ending(
    rows: Sequence[ProposalDecisionRow], decision: ProposalDecisionRow, last: Before
) -> Event | None:
    """What of that which the journey was asked last does this answer end? The same, told again.

    `rows`: every answer to this proposal, with this one.
    """
    known = answered([row for row in rows if row.number <= decision.number])
    key = key_answered(Before(known), known[-1].proposal)
    if key not in last.open():
        return None
    rule, occurrence = key
    return Event(
        id=uuid5(decision.plan, f"decision/{decision.proposal}/{decision.number}"),
        kind="disposition",
        occurred_at=decision.decided_at,
        source="followup",
        payload={
            "obligation": {"rule": rule, "occurrence": occurrence},
            "disposition": "DONE",
            "reason": decision.answer,
        },
    )
