"""What those owe who run the pathway: work that coordination itself opens, and closes again."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.terms.obligation import Obligation, ObligationStatus
from services.coordination import repository
from services.coordination.contract import Disposition
from services.coordination.reminding import withdraw_deliveries
from services.coordination.tables import JourneyRow, ObligationRow
from services.coordination.worklist import STATUS_OF, THE_OFFICE, overdue_at


async def open_work(
    session: AsyncSession, journey: JourneyRow, obligation: Obligation, at: datetime
) -> ObligationRow | None:
    """Let somebody owe this from now on. None: it was owed before, open or ended."""
    place = (journey.organisation, journey.id, obligation.rule, obligation.occurrence)
    if await session.get(ObligationRow, place) is not None:
        return None
    codes = {"ladder": obligation.ladder.value, "status": obligation.status.value}
    row = ObligationRow(
        organisation=journey.organisation,
        journey=journey.id,
        service=THE_OFFICE,
        created_at=at,
        overdue_at=overdue_at(obligation.due, journey.zone, journey.clock_ahead_seconds),
        **obligation.model_dump() | codes,
    )
    session.add(row)
    return row


async def open_of(
    session: AsyncSession, journey: JourneyRow, rules: Iterable[str]
) -> list[ObligationRow]:
    """What is open of these rules of the office's?"""
    wanted = set(rules)
    rows = await repository.obligations_of(session, journey.organisation, journey.id)
    return [
        row
        for row in rows
        if row.service == THE_OFFICE and row.rule in wanted and row.status == ObligationStatus.OPEN
    ]


async def end_work(
    session: AsyncSession,
    journey: JourneyRow,
    rows: Iterable[ObligationRow],
    disposition: Disposition,
    reason: str,
    at: datetime,
) -> None:
    """These are owed no more: what they were for has come about by itself."""
    ended = list(rows)
    for row in ended:
        row.status = STATUS_OF.get(disposition, ObligationStatus.CANCELLED).value
        row.disposition, row.reason, row.ended_at = disposition.value, reason, at
    await withdraw_deliveries(session, journey, [(row.rule, row.occurrence) for row in ended])
