"""The nouns of looking after journeys: keys, erasures, ended runs, stuck journeys, editions."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Base64Bytes, BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from knowledge.terms.sent import Instant, Native

KEY_SCOPE = "tio/JourneyKey.r"
"""To be given a journey's key; a worker has it, and `system/*` does not stand for it."""


class ConsentWithdrawn(Native):
    """The payload of a `withdrawal`. With `erase` the person is forgotten, for good.

    `undone`: consent is given again, by who was not forgotten.
    """

    erase: bool = Field(default=False, strict=True)
    undone: bool = False
    reason: str = Field(default="", max_length=2000)

    @model_validator(mode="after")
    def expect_one_of_both(self) -> Self:
        """Consent that is given again forgets nobody."""
        if self.undone and self.erase:
            raise PydanticCustomError("erase_undone", "consent given again forgets nobody")
        return self


class SealedJourneyKey(BaseModel):
    """The key of a journey, sealed by a key of the ring: of no use to who has only one of them."""

    ring_key: str
    sealed: Base64Bytes


class Erasure(BaseModel):
    """How far one person has been forgotten. Done: every part of the system has answered."""

    journey: UUID
    asked_at: Instant
    done_at: Instant | None
    waiting_for: list[str] = Field(description="who has not done their part yet")
    problem: str = Field(default="", description="why the last attempt failed, if it did")


class EndedRun(BaseModel):
    """One run of a journey that has ended, and is kept."""

    run: UUID
    began_at: Instant
    ended_at: Instant
    ended: str = Field(description="completed, continued_as_new, terminated, failed, …")
    events: int
    kept_at: Instant


class EndedRuns(BaseModel):
    """The runs of one journey that have ended, the oldest first."""

    runs: list[EndedRun]


class History(EndedRun):
    """What the engine kept of a run, as its JSON; payloads are sealed as they were."""

    history: str


class Stuck(BaseModel):
    """A journey that does not go on though it should, and why we think so."""

    journey: UUID
    reason: str
    since: Instant
    seen_at: Instant
    repairs: int = 0
    repaired_at: Instant | None = None


class StuckPage(BaseModel):
    """Who is stuck, the longest first."""

    stuck: list[Stuck]


class Repaired(BaseModel):
    """What was done about a journey; an empty list: nothing was wrong with it."""

    journey: UUID
    done: list[str]


class EditionWanted(Native):
    """Which edition of the knowledge a journey stays with; null: the one in force."""

    edition: Annotated[str, Field(min_length=1, max_length=100)] | None


class EditionOfJourney(BaseModel):
    """The edition a journey stays with; None: the one in force."""

    journey: UUID
    edition: str | None


class ReconciliationWanted(Native):
    """Between the instant a backup was made of and the one it was restored at, nothing is known."""

    since: Instant
    until: Instant


class ReconciledJourney(BaseModel):
    """A journey whose run and record were not of one mind, and what was done about it."""

    journey: UUID
    found: str = Field(
        description="its run is behind, gone, ahead, closed, unknown to the record, as it should "
        "be (something waited), or does not answer"
    )
    done: list[str]
    lost_events: list[UUID] = Field(
        default=[], description="what its run had heard and the record does not hold: tell it again"
    )


class MayHaveComeTwice(BaseModel):
    """A reminder that was sent after the restore, and perhaps before it: under the same id."""

    reminder: UUID
    journey: UUID
    due_at: Instant


class Reconciliation(BaseModel):
    """What was found when record and engine were compared, and what cannot be known."""

    looked_at: int
    journeys: list[ReconciledJourney]
    may_have_come_twice: list[MayHaveComeTwice]
