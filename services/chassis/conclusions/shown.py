"""What is shown of a correction: the version that was used, the one that stands, since when."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field


@dataclass(slots=True)
class NewerVersion:
    """Something that was told again: the version that was used, and the one that stands now.

    `what` is how people call it: what a result measures, the act that a report answers, or else
    its kind.
    """

    kind: str
    id: UUID
    what: str
    from_version: Annotated[int, Field(alias="from")]
    to_version: Annotated[int, Field(alias="to")]
    status: str


@dataclass(slots=True)
class MarkOfConclusion(NewerVersion):
    """A conclusion used a version that no longer stands, and since when we know."""

    marked_at: AwareDatetime


@dataclass(slots=True)
class Difference:
    """One thing that is concluded otherwise; a service says which things there are.

    `name` says which, where there are several.
    """

    what: str
    name: str | None
    before: str | None
    after: str | None
