"""What was received about one patient: every version of every result, and nothing ever changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, case, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from knowledge.site import Site
from services.assessment import site_settings
from services.assessment.believing import WORD
from services.assessment.believing import standing as reconciled
from services.assessment.contract import Observation, UsedInput
from services.assessment.tables import ObservationRow, PatientRow
from services.assessment.versions import OtherContent, Version, newest, place
from services.chassis.errors import Conflict, FieldProblem

TICK = timedelta(microseconds=1)

Kept = tuple[str, int, int, dict[str, Any], datetime]
"""A row as it is read: id, version, specimen, body, and when it was received."""


@dataclass(frozen=True, slots=True)
class Source:
    """Who sent it, and in which event, message or assessment."""

    sender: str
    id: UUID


@dataclass(slots=True)
class Received:
    """What became of the results that were sent."""

    versions: list[Version] = field(default_factory=list)
    """Each result once, as the version that it is."""
    standing: list[Version] = field(default_factory=list)
    """The same results, in the version that stands now."""
    torn: list[Observation] = field(default_factory=list)
    """What was sent twice at once, and differs: nobody can tell which is meant."""
    corrected: bool = False
    """Does one of them stand in the place of an earlier version from now on?"""

    def used(self) -> list[Observation]:
        """What is to be read: what stands, and what has to be asked back."""
        return [*(one.sent for one in self.standing), *self.torn]

    def named(self) -> list[UsedInput]:
        """What was sent, by version."""
        return [UsedInput(one.sent.id, one.number, one.sent.status) for one in self.versions]


class Results:
    """One patient's results, in a transaction that holds the patient.

    `may_be_confirmed`: is it worth to look for an earlier conclusion that confirmed a tumor?
    """

    def __init__(
        self,
        session: AsyncSession,
        organisation: str,
        patient: str,
        now: datetime,
        may_be_confirmed: bool,
    ) -> None:
        self._session, self.organisation, self.patient = session, organisation, patient
        self.now, self.may_be_confirmed = now, may_be_confirmed
        self._site: tuple[Site | None] | None = None

    async def site(self) -> Site | None:
        """What this patient's hospital lays over the tables; asked once in a transaction."""
        if self._site is None:
            self._site = (await site_settings.in_force(self._session, self.organisation),)
        return self._site[0]

    async def confirm(self) -> None:
        """Remember that there is a conclusion now that confirms a tumor."""
        if not self.may_be_confirmed:
            self.may_be_confirmed = True
            await _set(self._session, self.organisation, self.patient, confirmed=True)

    async def receive(self, sent: Sequence[Observation], source: Source) -> Received:
        """Keep what is new of it. 409 where a version said something else before.

        What is sent at once under one id counts in the order of its versions and words; what cannot
        be reconciled is no version: it is asked back, and stays where it was sent.
        """
        _, unreconciled = reconciled(sent)
        torn = {one.id for one in unreconciled}
        known = await self.of({one.id for one in sent})
        received, problems = Received(), []
        placed: dict[str, Version] = {}
        new: dict[tuple[str, int], Version] = {}
        for number, one in sorted(enumerate(sent), key=_turn):
            if one.id in torn:
                received.torn.append(one)
                continue
            versions = known.setdefault(one.id, [])
            try:
                version, is_new = place(versions, one)
            except OtherContent:
                problems.append(_other_content(number))
                continue
            before = placed.get(one.id)
            if before is None or version.number > before.number:
                placed[one.id] = version
            if is_new:
                versions.append(version)
                new[one.id, version.number] = version
        if problems:
            raise Conflict("a version of a result said something else before", errors=problems)
        received.versions = list(placed.values())
        received.standing = [newest(known[one.sent.id], one.specimen) for one in placed.values()]
        received.corrected = any(
            newest(known[id], version.specimen) is version
            and any(one.number < number for one in known[id] if one.specimen == version.specimen)
            for (id, number), version in new.items()
        )
        await self._keep(new.values(), source)
        return received

    async def of(self, ids: Iterable[str]) -> dict[str, list[Version]]:
        """Every version of these results."""
        wanted = self._mine().where(col(ObservationRow.observation).in_(list(ids)))
        return _by_id(await self._rows(wanted))

    async def heard_of_since(self, moment: datetime, taken_until: datetime) -> list[Version]:
        """What stands of the samples of that time of which we heard first after this moment?"""
        rows = await self._rows(self._mine())
        heard = {(id, specimen) for id, _, specimen, _, received in rows if received <= moment}
        later = {(id, specimen) for id, _, specimen, _, _ in rows} - heard
        known = _by_id(rows)
        standing_now = [newest(known[id], specimen) for id, specimen in sorted(later)]
        return [
            one
            for one in standing_now
            if one.sent.taken_at is not None and one.sent.taken_at <= taken_until
        ]

    async def _rows(self, wanted: Select[*Kept]) -> Sequence[Row[*Kept]]:
        connection = await self._session.connection()
        return (await connection.execute(wanted)).all()

    def _mine(self) -> Select[*Kept]:
        return (
            select(
                col(ObservationRow.observation),
                col(ObservationRow.version),
                col(ObservationRow.specimen),
                col(ObservationRow.body),
                col(ObservationRow.received_at),
            )
            .where(
                col(ObservationRow.organisation) == self.organisation,
                col(ObservationRow.patient) == self.patient,
            )
            .order_by(col(ObservationRow.received_at), col(ObservationRow.version))
        )

    async def _keep(self, versions: Iterable[Version], source: Source) -> None:
        rows = [
            {
                "organisation": self.organisation,
                "patient": self.patient,
                "observation": one.sent.id,
                "version": one.number,
                "specimen": one.specimen,
                "status": one.sent.status.value,
                "body": one.body,
                "sender": source.sender,
                "source": source.id,
                "received_at": self.now,
            }
            for one in versions
        ]
        if rows:
            connection = await self._session.connection()
            await connection.execute(insert(ObservationRow), rows)


async def results_of(session: AsyncSession, organisation: str, patient: str) -> Results:
    """This patient's results; nobody else changes them until this one is done.

    The moment of receipt is our clock's, and later than every one before it for this patient.
    """
    now = datetime.now(UTC)
    connection = await session.connection()
    insert_row = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    begun = insert_row(PatientRow).values(
        organisation=organisation, id=patient, received_at=now, confirmed=False
    )
    received = col(PatientRow.received_at)
    later = case((received.is_(None), now), (received < now, now), else_=received)
    held = begun.on_conflict_do_update(
        index_elements=["organisation", "id"], set_={"received_at": later}
    ).returning(received, col(PatientRow.confirmed))
    moment, confirmed = (await connection.execute(held)).one()
    assert moment is not None
    if moment != now:  # the clock stood still, or went back
        now = moment + TICK
        await _set(session, organisation, patient, received_at=now)
    return Results(session, organisation, patient, now, confirmed)


def looked_at(session: AsyncSession, organisation: str, patient: str) -> Results:
    """The same for looking only: nobody waits, and nothing is received."""
    return Results(session, organisation, patient, datetime.now(UTC), True)


async def _set(session: AsyncSession, organisation: str, patient: str, **values: Any) -> None:
    connection = await session.connection()
    await connection.execute(
        update(PatientRow)
        .where(col(PatientRow.organisation) == organisation, col(PatientRow.id) == patient)
        .values(**values)
    )


def _by_id(rows: Iterable[Row[*Kept]]) -> dict[str, list[Version]]:
    found: dict[str, list[Version]] = {}
    for id, number, specimen, body, _ in rows:
        found.setdefault(id, []).append(Version(number, specimen, body))
    return found


def _turn(numbered: tuple[int, Observation]) -> tuple[int, int]:
    return numbered[1].version, WORD[numbered[1].status]


def _other_content(number: int) -> FieldProblem:
    return FieldProblem(
        pointer=f"/observations/{number}/version",
        code="other_content",
        detail="this version of the result said something else before; number the newer one higher",
    )
