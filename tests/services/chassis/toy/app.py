"""The toy as an app."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, FastAPI, Response
from pydantic import BaseModel, ConfigDict
from sqlmodel import select

from services.chassis import audit
from services.chassis.app import create_service
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.direct import DirectRoute
from services.chassis.errors import Instant, NotFound
from services.chassis.etags import MustMatch, tell_version
from services.chassis.idempotency import Once
from services.chassis.settings import ServiceSettings
from tests.services.chassis.toy.tables import Note, ToyTables

PACKAGE = "tests.services.chassis.toy"

router = APIRouter(prefix="/toy/v1")
direct = APIRouter(prefix="/toy/v1/direct", route_class=DirectRoute)


class Native(BaseModel):
    """What the toy accepts; nothing else."""

    model_config = ConfigDict(extra="forbid")


class Line(Native):
    """One line of a note."""

    words: str
    weight: float = 0


class NewNote(Native):
    """A note as it is sent."""

    patient: str
    written_at: Instant
    words: str
    lines: list[Line] = []


class NoteSeen(BaseModel):
    """A note as it is shown."""

    id: UUID
    words: str
    written_at: Instant


@router.post("/evaluate", response_model=NewNote)
async def evaluate(note: NewNote, caller: Annotated[Caller, requires("Note", "c")]) -> NewNote:
    """Say it back; nothing is stored."""
    return note


@direct.post("/evaluate", response_model=NewNote)
async def evaluate_directly(
    note: NewNote, caller: Annotated[Caller, requires("Note", "c")]
) -> Response:
    """The same by the straight way."""
    return Response(note.model_dump_json(), media_type="application/json")


@router.post("/notes", response_model=NoteSeen, status_code=201)
async def add_note(
    note: NewNote,
    session: InTransaction,
    caller: Annotated[Caller, requires("Note", "c")],
    once: Once,
) -> Response:
    """Store a note."""
    if once.answer:
        return once.answer
    row = Note(id=uuid4(), organisation=caller.organisation, **note.model_dump(exclude={"lines"}))
    session.add(row)
    audit.record(session, caller, "create", "Note", row.id, patient=note.patient)
    return await once.keep(NoteSeen(**row.model_dump()), 201)


@router.get("/notes/{note_id}", response_model=NoteSeen)
async def read_note(
    note_id: UUID,
    response: Response,
    session: InTransaction,
    caller: Annotated[Caller, requires("Note", "r")],
) -> NoteSeen:
    """Show a note."""
    row = await _find(session, caller, note_id)
    audit.record(session, caller, "read", "Note", row.id, patient=row.patient)
    tell_version(response, row.version)
    return NoteSeen(**row.model_dump())


@router.put("/notes/{note_id}", response_model=NoteSeen)
async def edit_note(
    note_id: UUID,
    note: NewNote,
    session: InTransaction,
    expected: MustMatch,
    caller: Annotated[Caller, requires("Note", "u")],
) -> NoteSeen:
    """Change a note."""
    row = await _find(session, caller, note_id)
    expected.check(row.version)
    row.words, row.version = note.words, row.version + 1
    session.add(row)
    audit.record(session, caller, "update", "Note", row.id, patient=row.patient)
    return NoteSeen(**row.model_dump())


@router.post("/failures", response_model=NoteSeen)
async def fail(note: NewNote, session: InTransaction) -> NoteSeen:
    """Break, with a patient's words in the exception."""
    raise RuntimeError(f"cannot file {note.patient}: {note.words}")


@router.post("/late-failures/{note_id}", response_model=NoteSeen, status_code=201)
async def fail_late(
    note_id: UUID,
    note: NewNote,
    session: InTransaction,
    caller: Annotated[Caller, requires("Note", "c")],
) -> NoteSeen:
    """Add a row that is already there, which only the commit finds out."""
    said = note.model_dump(exclude={"lines"})
    session.add(Note(id=note_id, organisation=caller.organisation, **said))
    return NoteSeen(id=note_id, words=note.words, written_at=note.written_at)


async def _find(session: InTransaction, caller: Caller, note_id: UUID) -> Note:
    found = await session.exec(
        select(Note).where(Note.id == note_id, Note.organisation == caller.organisation)
    )
    note = found.one_or_none()
    if note is None:
        raise NotFound("there is no such note")
    return note


def create_app(
    settings: ServiceSettings, checks: Mapping[str, Callable[[], Awaitable[None]]] | None = None
) -> FastAPI:
    """The toy, ready to be served."""
    return create_service(
        name="toy",
        title="Toy",
        settings=settings,
        routers=[router, direct],
        base=ToyTables,
        checks=checks,
        package=PACKAGE,
    )
