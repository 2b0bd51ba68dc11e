"""What of a journey's own row changes when something was said of it, and its journey took it."""

from zoneinfo import ZoneInfo

from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from services.coordination import first_low, repository
from services.coordination.contract import DecisionTaken
from services.coordination.ledger import Ledger
from services.coordination.life_contract import (
    REOPEN,
    DeathTold,
    RelocationTold,
    TransferTold,
)
from services.coordination.on_its_way import readdress
from services.coordination.tables import EventRow, JourneyRow
from services.coordination.upkeep_contract import ConsentWithdrawn
from services.coordination.worklist import handed_over


def may_reopen(read: BaseModel | None) -> bool:
    """Is this what a closed journey hears all the same?"""
    if isinstance(read, DecisionTaken):
        return read.answer == REOPEN
    return isinstance(read, DeathTold | ConsentWithdrawn) and read.undone


async def carry_out(
    session: AsyncSession, journey: JourneyRow, event: EventRow, ledger: Ledger
) -> None:
    """Another site, another person in charge, another clock: from now on, unless told since."""
    if event.kind == "transfer":
        told = TransferTold.model_validate(event.payload)
        if not told.outside and await _is_newest(session, journey, event):
            await _hand_over(journey, event, told, ledger)
            await readdress(session, journey)
    elif event.kind == "relocation" and await _is_newest(session, journey, event):
        journey.zone = RelocationTold.model_validate(event.payload).zone
        await ledger.rank()
    elif event.kind == first_low.RESULTS:
        await first_low.remember(session, journey, event)


async def _is_newest(session: AsyncSession, journey: JourneyRow, event: EventRow) -> bool:
    """Has nothing of the kind happened later that was taken before this?"""
    told = await repository.events_of(session, journey.organisation, journey.id, {event.kind})
    taken = (one for one in told if one.outcome == "applied" and one.id != event.id)
    return all((one.occurred_at, one.id) < (event.occurred_at, event.id) for one in taken)


async def _hand_over(
    journey: JourneyRow, event: EventRow, told: TransferTold, ledger: Ledger
) -> None:
    """The open work is theirs now, and listed until whoever receives it has said so."""
    journey.site = told.site or journey.site
    journey.assignee = told.assignee or journey.assignee
    at = repository.now_there(journey)
    on = at.astimezone(ZoneInfo(journey.zone)).date()
    still_open = await ledger.still_open()
    receiver = told.assignee or told.site or ""
    await ledger.put_to_the_office(handed_over(str(event.id), on, receiver, still_open), at)
