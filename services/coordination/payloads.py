"""Can anybody read what this event says? Asked before it is stored, so that whoever told it hears.

Each kind of event is read by one service; its payload has to be what that service's contract says.
What a value means is not asked here: a result that cannot be is rejected by itself, later, and
takes nothing else with it.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from services.assessment.contract import RecordFacts
from services.chassis.errors import unreadable
from services.coordination.contract import (
    ContactAttempted,
    ContactPreferences,
    DecisionTaken,
    Event,
    ObligationAnswered,
    Postponed,
)
from services.coordination.life_contract import (
    DeathTold,
    MergeTold,
    PauseTold,
    RelocationTold,
    TransferTold,
)
from services.coordination.upkeep_contract import ConsentWithdrawn
from services.followup.contract import EventBody
from services.localization.contract import (
    PlacedOrder,
    PlanRequest,
    ReportedBiopsy,
    ReportedExamination,
    ReportedSampling,
    ReportedStudy,
)

M = TypeVar("M", bound=BaseModel)

ASSESSED = ("observations", "findings", "exposures", "genetics")
FOLLOWED = ("surgery", "therapy", "state", "symptoms", "measure", "act", "planned", "opinion")
"""Kinds that follow-up tells apart by the name of the kind itself."""

READ_AS: Mapping[str, type[BaseModel]] = {
    **dict.fromkeys(ASSESSED, RecordFacts),
    **dict.fromkeys(FOLLOWED, EventBody),
    "examination": ReportedExamination,
    "study": ReportedStudy,
    "venous_sampling": ReportedSampling,
    "biopsy": ReportedBiopsy,
    "order": PlacedOrder,
    "constraints": PlanRequest,
    "decision": DecisionTaken,
    "acknowledgement": ObligationAnswered,
    "disposition": ObligationAnswered,
    "contact": ContactAttempted,
    "postponement": Postponed,
    "preferences": ContactPreferences,
    "withdrawal": ConsentWithdrawn,
    "death": DeathTold,
    "pause": PauseTold,
    "resume": PauseTold,
    "transfer": TransferTold,
    "relocation": RelocationTold,
    "merge": MergeTold,
}


def expect_readable(event: Event) -> BaseModel | None:
    """What the event says, as its reader's noun; refused with the place where it goes wrong."""
    noun = READ_AS.get(event.kind)
    if noun is None:
        return None
    return _read(noun, {"kind": event.kind} | event.payload if noun is EventBody else event.payload)


def _read(noun: type[M], told: dict[str, Any]) -> M:
    try:
        return noun.model_validate(told)
    except ValidationError as refusal:
        raise unreadable(refusal, told, within="/payload") from None
