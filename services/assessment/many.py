"""Many patients in one call: each asked, and answered, by itself."""

from dataclasses import dataclass, field

from knowledge.terms.sent import Name, Native
from services.assessment.answer import Assessment
from services.assessment.sent import EvaluateRequest


class BatchItem(EvaluateRequest):
    """One of many requests; its `id` comes back with the verdict."""

    id: Name | None = None


class Batch(Native):
    """Requests about many patients, each answered by itself."""

    requests: list[BatchItem]


@dataclass(slots=True)
class ItemField:
    """What is wrong with one value of an item, and where it stands in the item."""

    pointer: str
    code: str
    detail: str


@dataclass(slots=True)
class ItemProblem:
    """Why an item was not assessed (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[ItemField] = field(default_factory=list)


@dataclass(slots=True)
class Verdict:
    """What became of one item: an answer, or the problem with it."""

    index: int
    status: int
    id: str | None = None
    answer: Assessment | None = None
    problem: ItemProblem | None = None


@dataclass(slots=True)
class Verdicts:
    """One verdict an item, in the order of the items."""

    results: list[Verdict]
