"""Find what is kept of one plan: every version told, what was concluded, and the marks on it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis.conclusions.kept import KeptConclusion, KeptMark, KeptVersion, Version
from services.chassis.conclusions.marks import as_known
from services.chassis.errors import Conflict, NotFound

E = TypeVar("E", bound=KeptVersion)
C = TypeVar("C", bound=KeptConclusion)
M = TypeVar("M", bound=KeptMark)

TICK = timedelta(microseconds=1)


class Plan(Protocol):
    """The row for which writers queue; `received_at` is when something was told last."""

    received_at: datetime | None


class Newer(Protocol):
    """Which version of what was used, and which stands now; `what` is how people call it."""

    kind: str
    id: UUID
    what: str
    from_version: int
    to_version: int
    status: str


def moment_of_receipt(plan: Plan) -> datetime:
    """Now, by our own clock; later than everything before it in this plan."""
    now = datetime.now(UTC)
    if plan.received_at is not None and now <= plan.received_at:
        now = plan.received_at + TICK
    plan.received_at = now
    return now


class Ledger(Generic[E, C, M]):
    """One plan's rows, in the tables of its service."""

    def __init__(
        self,
        session: AsyncSession,
        tables: tuple[type[E], type[C], type[M]],
        organisation: str,
        plan: UUID,
    ) -> None:
        self.session, self.organisation, self.plan = session, organisation, plan
        self._entries, self._conclusions, self._marks = tables

    def _mine(self, table: type[E] | type[C] | type[M]) -> tuple[Any, Any]:
        return col(table.organisation) == self.organisation, col(table.plan) == self.plan

    async def versions(self, kinds: Iterable[str] | None = None) -> list[Version]:
        """Every version of everything that was told, in the order of arrival."""
        rows = self._entries
        wanted = select(rows).where(*self._mine(rows))
        if kinds is not None:
            wanted = wanted.where(col(rows.kind).in_(list(kinds)))
        order = (col(rows.received_at), col(rows.id), col(rows.version))
        return [as_version(row) for row in (await self.session.exec(wanted.order_by(*order))).all()]

    def add(self, new: Version) -> None:
        """Remember a version."""
        self.session.add(
            self._entries(
                organisation=self.organisation,
                plan=self.plan,
                kind=new.kind,
                id=new.id,
                version=new.number,
                status=new.status,
                body=dict(new.body),
                told_as=new.told_as,
                told_by=new.sender,
                by=new.by,
                received_at=new.received_at,
            )
        )

    async def find(self, id: UUID) -> C | None:
        """The conclusion under this id."""
        return await self.session.get(self._conclusions, (self.organisation, self.plan, id))

    async def found(self, id: UUID) -> C:
        """The conclusion under this id. 404 if there is none."""
        row = await self.find(id)
        if row is None:
            raise NotFound("there is no such conclusion")
        return row

    async def drawn_before(self, id: UUID, as_of: datetime) -> C | None:
        """The conclusion under this id, if this is a repeat. 409 if it was for another moment."""
        row = await self.find(id)
        if row is not None and row.as_of != as_of:
            raise Conflict("this conclusion was drawn as of another moment")
        return row

    async def read(self, id: UUID, then: datetime | None = None) -> tuple[C, list[M]]:
        """A conclusion with its marks; or what stood in its place at that moment, unmarked then."""
        row = await self.found(id)
        if then is None:
            return row, await self.marks_on(row)
        return await as_known(row, then, self.marks_on, self.found), []

    async def used(self) -> list[tuple[UUID, dict[str, int]]]:
        """From which versions was each conclusion drawn? In the order of their moments."""
        rows = self._conclusions
        wanted = (
            select(col(rows.id), col(rows.versions))
            .where(*self._mine(rows))
            .order_by(col(rows.as_of), col(rows.concluded_at), col(rows.id))
        )
        return [(id, versions) for id, versions in (await self.session.exec(wanted)).all()]

    async def these(self, ids: Collection[UUID]) -> list[C]:
        """These conclusions, in the order of their moments."""
        rows = self._conclusions
        wanted = (
            select(rows)
            .where(*self._mine(rows), col(rows.id).in_(list(ids)))
            .order_by(col(rows.as_of), col(rows.concluded_at), col(rows.id))
        )
        return list((await self.session.exec(wanted)).all()) if ids else []

    async def marks_of(self, ids: Collection[UUID]) -> dict[UUID, list[M]]:
        """The marks on each of these conclusions, oldest first."""
        rows = self._marks
        wanted = (
            select(rows)
            .where(*self._mine(rows), col(rows.conclusion).in_(list(ids)))
            .order_by(col(rows.marked_at), col(rows.kind), col(rows.entry))
        )
        marks: dict[UUID, list[M]] = {id: [] for id in ids}
        for mark in (await self.session.exec(wanted)).all() if ids else ():
            marks[mark.conclusion].append(mark)
        return marks

    async def marks_on(self, row: C) -> list[M]:
        """The marks on this one, oldest first."""
        return (await self.marks_of([row.id]))[row.id]

    def mark(self, id: UUID, why: Newer, redrawn: UUID, at: datetime) -> None:
        """This conclusion used a version that no longer stands; another stands in its place."""
        self.session.add(
            self._marks(
                organisation=self.organisation,
                plan=self.plan,
                conclusion=id,
                kind=why.kind,
                entry=why.id,
                to_version=why.to_version,
                from_version=why.from_version,
                what=why.what,
                status=why.status,
                marked_at=at,
                redrawn=redrawn,
            )
        )

    async def marks_by(self, kind: str, entry: UUID, version: int) -> Sequence[M]:
        """What did this version correct?"""
        rows = self._marks
        of_it = (col(rows.kind) == kind, col(rows.entry) == entry, col(rows.to_version) == version)
        wanted = select(rows).where(*self._mine(rows), *of_it).order_by(col(rows.conclusion))
        return (await self.session.exec(wanted)).all()

    async def last_heard(self, known: UUID | None = None) -> C | None:
        """What the journey of this plan heard last: the one it names, or what it was told last.

        One that is not of this plan names nothing: two journeys were joined, or a backup restored.
        """
        named = None if known is None else await self.find(known)
        if named is not None:
            return named
        rows = self._conclusions
        wanted = (
            select(rows)
            .where(*self._mine(rows), col(rows.heard))
            .order_by(col(rows.concluded_at).desc())
            .limit(1)
        )
        return (await self.session.exec(wanted)).one_or_none()


def as_version(row: KeptVersion) -> Version:
    """The noun behind a row."""
    return Version(
        kind=row.kind,
        id=row.id,
        number=row.version,
        status=row.status,
        body=row.body,
        sender=row.told_by,
        by=row.by,
        received_at=row.received_at,
        told_as=row.told_as,
    )


def by_key(known: Iterable[Version]) -> dict[str, list[Version]]:
    """Every version of each thing, under the name by which conclusions call it."""
    found: dict[str, list[Version]] = {}
    for one in known:
        found.setdefault(one.key, []).append(one)
    return found
