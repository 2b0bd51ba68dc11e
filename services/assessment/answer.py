"""What assessment answers: the class, what speaks for and against, what to do next, and why."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from knowledge.terms.quantity import Comparator

TioClass = Literal["TIO_UNLIKELY", "TIO_POSSIBLE", "TIO_PROBABLE", "TIO_CONFIRMED", "INDETERMINATE"]
Mechanism = Literal[
    "ARTEFACT", "NON_RENAL", "PTH_DEPENDENT", "FGF23_MEDIATED", "FGF23_INDEPENDENT", "UNKNOWN"
]
Interpretation = Literal["low", "normal", "high", "undetermined"]


@dataclass(slots=True)
class Amount:
    """A number and its UCUM unit."""

    value: float
    unit: str


@dataclass(slots=True)
class Range:
    """A reference interval."""

    low: float | None
    high: float | None


@dataclass(slots=True)
class RuleText:
    """A sentence, and the rule it stands on."""

    rule: str
    text: str


@dataclass(slots=True)
class Cause:
    """One cause that remains, best first by `rank`."""

    diagnosis: str
    rank: int
    supporting: Annotated[list[RuleText], Field(alias="for")]
    against: list[RuleText]


@dataclass(slots=True)
class Derived:
    """A quantity computed from others, or computed elsewhere and reported."""

    quantity: str
    value: float
    unit: str
    interpretation: Interpretation
    reference_range: Range | None
    formula: str
    inputs: list[str]
    sources: list[str]
    comparator: Comparator | None = None
    reported: bool = False


@dataclass(slots=True)
class Interpreted:
    """One result: as sent, in the working unit, and how it reads."""

    observation: str
    value: float
    unit: str
    interpretation: Interpretation
    range_from: str
    converted: Amount
    comparator: Comparator | None = None
    reported: bool = False


@dataclass(slots=True)
class NextTest:
    """What to order, within how many days, and why."""

    step: str
    order: list[str]
    within_days: int
    because: str
    visit: int = 1
    """Steps with the same number can be done at one visit."""
    separates: list[str] = field(default_factory=list)
    """The diagnoses still open that this step tells apart."""


@dataclass(slots=True)
class FiredRule:
    """A rule that applied, with how strong it is, where it stands and how far that was read."""

    id: str
    conclusion: str
    strength: str
    sources: list[str]
    read_status: str
    cn_consensus: str = "not_read"
    signed_off: bool = False
    """Have two clinicians signed it as it stands now?"""


@dataclass(slots=True)
class Margin:
    """How far a decisive value is from the limit that decided, and how exactly it is measured."""

    quantity: str
    inputs: list[str]
    value: float
    limit: float
    unit: str
    difference_percent: float
    imprecision_percent: float
    within_imprecision: bool
    rule: str
    sources: list[str]
    read_status: str


@dataclass(slots=True)
class UsedInput:
    """One result that went in, by its version."""

    observation: str
    version: int
    status: str


@dataclass(slots=True)
class SiteUsed:
    """The site's own settings that were laid over the tables: their version and what was used."""

    version: int
    used: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Caveat:
    """Something to bear in mind."""

    code: str
    text: str


@dataclass(slots=True)
class Rejected:
    """A value that was not used, why, and what to send instead."""

    observation: str
    rule: str
    reason: str


@dataclass(slots=True)
class Assessment:
    """FHIR ClinicalImpression: what we make of it, with every reason."""

    tio_class: Annotated[TioClass, Field(alias="class")]
    mechanism: Mechanism
    urgent: bool
    differential: list[Cause]
    derived: list[Derived]
    interpretations: list[Interpreted]
    next_tests: list[NextTest]
    fired_rules: list[FiredRule]
    would_change_if: list[str]
    caveats: list[Caveat]
    rejected: list[Rejected]
    knowledge_version: str
    margins: list[Margin] = field(default_factory=list)
    inputs: list[UsedInput] = field(default_factory=list)
    site: SiteUsed | None = None
