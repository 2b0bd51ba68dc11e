"""What can be said of a journey itself: a death, a pause, a transfer, two that are one person's."""

from datetime import date
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from knowledge.terms.obligation import Conclusion
from knowledge.terms.sent import Instant, Native
from services.coordination.contract import OpenQuestion, OwedObligation

REOPEN = "reopen"
"""The decision by which a journey that was closed goes on where it was left."""


class DeathTold(Native):
    """The payload of a `death`. `undone`: it was reported by mistake."""

    died_on: date | None = None
    undone: bool = False
    reason: str = Field(default="", max_length=2000)


class PauseTold(Native):
    """The payload of a `pause` or a `resume`."""

    reason: str = Field(default="", max_length=2000)


class TransferTold(Native):
    """The payload of a `transfer`: to another site or person here, or `outside` to others."""

    outside: bool = False
    site: str | None = Field(default=None, min_length=1, max_length=200)
    assignee: str | None = Field(default=None, min_length=1, max_length=200)
    reason: str = Field(default="", max_length=2000)

    @model_validator(mode="after")
    def expect_somebody(self) -> Self:
        """Handed over to nobody is not handed over."""
        if not self.outside and self.site is None and self.assignee is None:
            raise PydanticCustomError("receiver_missing", "to which site, or to whom?")
        return self


class RelocationTold(Native):
    """The payload of a `relocation`: the patient lives by another clock from now on."""

    zone: str = Field(description="IANA time zone in which days begin and end from now on")

    @field_validator("zone")
    @classmethod
    def expect_zone(cls, zone: str) -> str:
        """Refuse a zone that no clock knows."""
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise PydanticCustomError("zone_unknown", "not an IANA time zone") from None
        return zone


class MergeTold(Native):
    """The payload of a `merge`: `other` is a journey of the same person; this one goes on.

    `undone`: they are two persons after all.
    """

    other: UUID
    undone: bool = False
    reason: str = Field(default="", max_length=2000)


class Join(BaseModel):
    """The survivor's workflow asks for a merge: `state` is what the journey was until now."""

    state: dict[str, Any]


class Joined(BaseModel):
    """What became of two journeys: `record` is where the services keep this person from now on."""

    occurred_at: Instant
    undone: bool = False
    survivor: UUID | None = None
    refusal: str | None = None
    record: UUID | None = None
    phase: str | None = None
    prior: dict[str, Any] | None = None


class MergePreview(BaseModel):
    """What a merge would do. Nothing has been done."""

    survivor: UUID
    other: UUID
    refused: str | None = Field(default=None, description="why it could not be done")
    doubts: list[str] = Field(default=[], description="what speaks against one person, as codes")
    phase: str = Field(description="where the survivor would stand before services are asked")
    events_taken: dict[str, int] = Field(default={}, description="by kind, from the other")
    events_known: int = Field(default=0, description="told to both under the same id")
    obligations_taken: list[OwedObligation] = []
    obligations_shared: int = Field(default=0, description="open on both under the same key")
    question_withdrawn: str | None = None


class Handover(BaseModel):
    """What whoever takes over has to know: where it stands, and what is open."""

    journey: UUID
    patient_id: str
    phase: str
    left_phase: str | None = Field(description="where it stood when it was handed over outside")
    state: str | None
    site: str | None
    assignee: str | None
    zone: str
    as_of: Instant
    conclusion: Conclusion | None
    question: OpenQuestion | None
    open: list[OwedObligation] = Field(description="what is or was open when it was handed over")
    acknowledged: bool = Field(description="has the receiver of the last transfer said so?")
