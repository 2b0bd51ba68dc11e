"""What was received about one patient: every version of every result, and nothing ever changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from knowledge.terms.analyte import ANALYTES, BY_LOINC
from services.assessment.contract import NewerVersion, Observation, UsedInput
from services.assessment.repository import said
from services.assessment.tables import ObservationRow, PatientRow
from services.assessment.versions import OtherContent, Version, newest, place, standing
from services.chassis.database import held
from services.chassis.errors import Conflict, FieldProblem

TICK = timedelta(microseconds=1)

Versions = Mapping[str, Sequence[Version]]


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
    corrected: bool = False
    """Does one of them stand in the place of an earlier version from now on?"""

    def named(self) -> list[UsedInput]:
        """What was sent, by version."""
        return [UsedInput(one.sent.id, one.number, one.sent.status) for one in self.versions]


class Results:
    """One patient's results, in a transaction that holds the patient."""

    def __init__(
        self, session: AsyncSession, organisation: str, patient: str, now: datetime
    ) -> None:
        self._session, self.organisation, self.patient, self.now = (
            session,
            organisation,
            patient,
            now,
        )

    async def receive(self, sent: Sequence[Observation], source: Source) -> Received:
        """Keep what is new of it. 409 where a version said something else before."""
        known = await self.of({one.id for one in sent})
        received, problems = Received(), []
        placed: dict[str, Version] = {}
        new: dict[tuple[str, int], Version] = {}
        for number, one in enumerate(sent):
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
        return _by_id((await self._session.exec(wanted)).all())

    async def heard_of_since(self, moment: datetime, taken_until: datetime) -> list[Version]:
        """What stands of the samples of that time of which we heard first after this moment?"""
        rows = (await self._session.exec(self._mine())).all()
        heard = {(row.observation, row.specimen) for row in rows if row.received_at <= moment}
        later = {(row.observation, row.specimen) for row in rows} - heard
        known = _by_id(rows)
        standing_now = [newest(known[id], specimen) for id, specimen in sorted(later)]
        return [
            one
            for one in standing_now
            if one.sent.taken_at is not None and one.sent.taken_at <= taken_until
        ]

    def _mine(self) -> SelectOfScalar[ObservationRow]:
        return (
            select(ObservationRow)
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
                "body": said(one.sent),
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
    row = await held(session, PatientRow, {"organisation": organisation, "id": patient})
    now = datetime.now(UTC)
    if row.received_at is not None:
        now = max(now, row.received_at + TICK)
    row.received_at = now
    session.add(row)
    return Results(session, organisation, patient, now)


def in_their_versions(sent: Iterable[Observation], known: Versions) -> list[Version]:
    """These results, each once and in the version that stands now of the sample they came from."""
    found: dict[str, Version] = {}
    for one in sent:
        version, is_new = place(known.get(one.id, ()), one)
        found[one.id] = version if is_new else newest(known[one.id], version.specimen)
    return list(found.values())


def newer(inputs: Mapping[str, int], known: Versions) -> list[NewerVersion]:
    """Which of these results stand in another version now?"""
    found = []
    for id, number in inputs.items():
        now = standing(known.get(id, ()), number)
        if now is not None and now.number > number:
            found.append(as_newer(now, number, measured(known[id])))
    return found


def as_newer(now: Version, used: int, analyte: str | None) -> NewerVersion:
    """What stands in the place of the version that was used."""
    return NewerVersion(now.sent.id, analyte, used, now.number, now.sent.status)


def measured(versions: Iterable[Version]) -> str | None:
    """What do they measure, as a key of the analyte table? A withdrawal need not say it again."""
    for one in versions:
        analyte = ANALYTES.get(one.sent.analyte or "") or BY_LOINC.get(one.sent.loinc or "")
        if analyte is not None:
            return analyte.key
    return None


def _by_id(rows: Iterable[ObservationRow]) -> dict[str, list[Version]]:
    found: dict[str, list[Version]] = {}
    for row in rows:
        sent = Observation.model_validate(row.body | {"version": row.version})
        found.setdefault(row.observation, []).append(Version(row.version, row.specimen, sent))
    return found


def _other_content(number: int) -> FieldProblem:
    return FieldProblem(
        pointer=f"/observations/{number}/version",
        code="other_content",
        detail="this version of the result said something else before; number the newer one higher",
    )
