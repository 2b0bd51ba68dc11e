"""Which version is news, what differs, and what is drawn again: the parts that no service owns."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from services.chassis import audit
from services.chassis.conclusions.cascade import again, correct
from services.chassis.conclusions.changes import Differences, numbered
from services.chassis.conclusions.ledger import moment_of_receipt
from services.chassis.conclusions.marks import as_known, superseded_by
from services.chassis.conclusions.versions import OtherContent, newest, place
from services.chassis.errors import NotFound

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Said:
    """One version of a word."""

    number: int
    word: str


@pytest.mark.parametrize(
    ("known", "number", "word", "expected"),
    [
        ([], None, "a", (None, 1)),
        ([], 4, "a", (None, 4)),
        ([Said(1, "a")], None, "a", (1, 1)),
        ([Said(1, "a")], None, "b", (None, 2)),
        ([Said(1, "a")], 1, "a", (1, 1)),
        ([Said(1, "a"), Said(3, "b")], None, "c", (None, 4)),
        ([Said(1, "a"), Said(3, "b")], 2, "c", (None, 2)),
        ([Said(1, "a"), Said(2, "b"), Said(3, "a")], None, "a", (3, 3)),
    ],
)
def test_a_repeat_is_known_and_news_gets_the_next_number(
    known: list[Said], number: int | None, word: str, expected: tuple[int | None, int]
) -> None:
    same, given = place(known, number, lambda one: one.word == word)

    assert (same.number if same else None, given) == expected


def test_one_number_says_one_thing() -> None:
    with pytest.raises(OtherContent):
        place([Said(1, "a")], 1, lambda one: one.word == "b")


def test_only_the_last_word_of_a_person_can_be_said_again() -> None:
    known = [Said(1, "a"), Said(2, "b")]
    same, given = place(known, None, lambda one: one.word == "a", only_last=True)

    assert (same, given) == (None, 3)
    assert newest(known) == known[1]


def test_differences_are_said_in_the_nouns_of_a_service() -> None:
    say: Differences[str, tuple[str, str | None, str | None, str | None]] = Differences(
        lambda what, name, before, after: (what, name, before, after)
    )
    assert [*say.one("state", "a", "a"), *say.one("state", "a", "b")] == [("state", None, "a", "b")]
    assert list(say.values("value", {"x": "1", "y": "2"}, {"y": "3", "z": "4"})) == [
        ("value", "x", "1", None),
        ("value", "y", "2", "3"),
        ("value", "z", None, "4"),
    ]
    went = say.came_and_went([("new", "gone")], [{"x": "1", "y": "2"}], [{"y": "9", "z": "3"}])
    assert list(went) == [("new", "z", None, "3"), ("gone", "x", "1", None)]
    assert numbered([("p", "1"), ("p", "2"), ("q", "3")]) == {"p": "1", "p#2": "2", "q": "3"}


def test_receipts_of_a_plan_never_share_a_moment() -> None:
    plan = SimpleNamespace(received_at=datetime.now(UTC) + timedelta(days=1))
    one, other = moment_of_receipt(plan), moment_of_receipt(plan)

    assert one < other == plan.received_at


@dataclass
class Row:
    """A conclusion that was kept."""

    id: UUID
    concluded_at: datetime = NOON


@dataclass
class Mark:
    """It used what no longer stands."""

    conclusion: UUID
    why: str
    redrawn: UUID
    marked_at: datetime


@dataclass
class Shelf:
    """Conclusions and marks, kept in memory."""

    rows: dict[UUID, Row] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    now: datetime = NOON

    def draw(self, id: UUID) -> Row:
        self.rows[id] = Row(id, self.now)
        return self.rows[id]

    async def marks_of(self, ids: Collection[UUID]) -> dict[UUID, list[Mark]]:
        return {id: [mark for mark in self.marks if mark.conclusion == id] for id in ids}

    def says(self, mark: Mark, why: str) -> bool:
        return mark.why == why

    def mark(self, id: UUID, why: str, redrawn: UUID) -> None:
        self.marks.append(Mark(id, why, redrawn, self.now))

    async def these(self, ids: Collection[UUID]) -> Sequence[Row]:
        return [self.rows[id] for id in ids]

    async def draw_again(self, row: Row, id: UUID, because: Sequence[str]) -> UUID:
        self.draw(id)
        return id

    async def marks_on(self, row: Row) -> list[Mark]:
        return (await self.marks_of([row.id]))[row.id]

    async def found(self, id: UUID) -> Row:
        return self.rows[id]

    async def hear(self, why: str, *touched: UUID, hours: int) -> list[UUID]:
        """So many hours later it is heard that this was corrected."""
        self.now = NOON + timedelta(hours=hours)

        async def nothing() -> None:
            """There is no database beneath."""

        session: Any = SimpleNamespace(flush=nothing)
        reasons = {id: [why] for id in touched}
        return await correct(session, cast(Any, None), "p", self, reasons, why)


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    monkeypatch.setattr(audit, "record", lambda *_, **__: None)
    return Shelf()


async def test_what_is_marked_is_not_drawn_again_but_what_stands_in_its_place(shelf: Shelf) -> None:
    first = shelf.draw(uuid4())
    (second,) = await shelf.hear("x", first.id, hours=1)
    (third,) = await shelf.hear("y", first.id, second, hours=2)

    assert (second, third) == (again(first.id, "x"), again(again(first.id, "x"), "y"))
    assert superseded_by(await shelf.marks_on(first)) == third
    assert await shelf.hear("y", first.id, second, hours=3) == [], "told twice, it happened once"
    assert superseded_by([]) is None


async def test_each_moment_has_the_conclusion_that_was_known_then(shelf: Shelf) -> None:
    first = shelf.draw(uuid4())
    (second,) = await shelf.hear("x", first.id, hours=1)
    (third,) = await shelf.hear("y", first.id, second, hours=2)

    async def at(hours: float) -> UUID:
        then = NOON + timedelta(hours=hours)
        return (await as_known(first, then, shelf.marks_on, shelf.found)).id

    assert [await at(hours) for hours in (0, 0.9, 1, 1.9, 2, 99)] == [
        *(first.id, first.id),
        *(second, second),
        *(third, third),
    ]
    with pytest.raises(NotFound):
        await at(-1)
