"""Operated: which operations stand, by the newest version of each report?"""

from datetime import datetime
from typing import Literal

from workflows.contract import EventArrived, HandedOver, JourneyState, Operation

Leads = Literal["on", "back"] | None


def take_operation(state: JourneyState, event: EventArrived, handed: HandedOver) -> Leads:
    """Where does this report lead? A new operation on, once; the last one withdrawn, back."""
    told = Operation(
        report=handed.report or event.event_id,
        version=handed.version,
        occurred_at=handed.occurred_at,
        stands=not handed.withdrawn,
    )
    known = next((one for one in state.reports if one.report == told.report), None)
    if known is not None and known.version > told.version:
        return None
    state.reports = [*(one for one in state.reports if one is not known), told]
    before = state.operated_at
    state.operated_at = _last(state)
    is_new = known is None or not known.stands
    if told.stands and is_new and (before is None or told.occurred_at > before):
        return "on"
    return "back" if before is not None and state.operated_at is None else None


def _last(state: JourneyState) -> datetime | None:
    return max((one.occurred_at for one in state.reports if one.stands), default=None)
