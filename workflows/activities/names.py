"""Names: under which id is a report kept, and of which order is it?"""

from typing import TypeVar
from uuid import UUID, uuid5

from services.localization.contract import ReportedBiopsy, ReportedSampling, ReportedStudy


def named(journey_id: UUID, kind: str, event_id: UUID, told_as: str | None) -> UUID:
    """Under which id is a report kept? Under its sender's, so that a correction finds it.

    What has no id of its own goes by that of its event.
    """
    if told_as is None:
        return event_id
    try:
        return UUID(told_as)
    except ValueError:
        return uuid5(journey_id, f"{kind}/{told_as}")


R = TypeVar("R", ReportedStudy, ReportedSampling, ReportedBiopsy)


def of_its_order(journey_id: UUID, told: R) -> R:
    """The order that a report names, under the id by which it is kept."""
    if told.order is None:
        return told
    order = named(journey_id, "order", journey_id, told.order)
    return told.model_copy(update={"order": str(order)})
