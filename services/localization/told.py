"""What is told of a stored search one thing at a time: reports in versions, and people's words.

The id stands in the address. A sender may number the versions of a report; if not, other content is
the next one.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from knowledge.terms.sent import Name, Native
from services.localization.sent import (
    Biopsy,
    Examination,
    Order,
    Reason,
    Resection,
    Status,
    Study,
    VenousSample,
)

LARGEST_VERSION = 2**31 - 1
"""What both databases can count."""

Number = Annotated[int, Field(ge=1, le=LARGEST_VERSION)]


class ReportedExamination(Examination):
    """An examination, or a correction of one."""

    status: Status = "final"
    version: Number | None = None


class ReportedStudy(Study):
    """A study with its reading, or a correction of one."""

    version: Number | None = None


class ReportedSampling(Native):
    """FHIR Procedure: one session of venous sampling with all its samples, or a correction."""

    id: Name | None = None
    status: Status = "final"
    version: Number | None = None
    order: Name | None = None
    samples: list[VenousSample] = Field(min_length=1, max_length=200)


class ReportedBiopsy(Biopsy):
    """A biopsy and what was found in it, or a correction."""

    status: Status = "final"
    version: Number | None = None


class ReportedResection(Resection):
    """An operation and what the blood did afterwards, or a correction."""

    status: Status = "final"
    version: Number | None = None


class PlacedOrder(Order):
    """An order, or what has become of it since."""

    version: Number | None = None

    @model_validator(mode="after")
    def expect_something_ordered(self) -> Self:
        """An order says what is ordered."""
        if self.act is None and self.modality is None:
            raise PydanticCustomError("order_of_nothing", "say `act` or `modality`")
        return self


class LinkSaid(Native):
    """A person's word that two lesions are one (`same`) or are two, and why.

    Each is named as the register names it: `study:lesion`. `entered-in-error` takes it back.
    """

    a: Name
    b: Name
    same: bool
    reason: Reason
    status: Literal["active", "entered-in-error"] = "active"

    @model_validator(mode="after")
    def expect_two(self) -> Self:
        """A lesion is neither joined to itself nor parted from itself."""
        if self.a == self.b:
            raise PydanticCustomError("one_lesion", "two lesions are needed")
        return self


class OverrideSaid(Native):
    """A person goes past a gate (its rule or key), with a reason; `entered-in-error` takes it back.

    `act`: only for this step. Who it is comes from the token.
    """

    gate: Name
    act: Name | None = None
    reason: Reason
    status: Literal["active", "entered-in-error"] = "active"


Said = (
    ReportedExamination
    | ReportedStudy
    | ReportedSampling
    | ReportedBiopsy
    | ReportedResection
    | PlacedOrder
    | LinkSaid
    | OverrideSaid
)
"""Everything that is kept in versions."""
