"""What localization answers: where the search stands, every point, and what comes next."""

from dataclasses import dataclass, field
from datetime import date

from pydantic import TypeAdapter

from knowledge.terms.sent import Number
from services.localization.sent import Side


@dataclass(slots=True)
class ScorePoint:
    """Points, and the study they come from."""

    item: str
    points: int
    text: str
    study: str | None
    date: date | None
    reader: str | None = None
    rule: str | None = None


@dataclass(slots=True)
class Evidence:
    """One lesion of one study, as it was told. `lesion` is how a person names it to link it."""

    lesion: str
    study: str
    date: date | None
    reader: str | None
    kind: str
    uptake: str | None = None
    suv: Number | None = None
    size_mm: Number | None = None
    correlate: bool | None = None
    mimic: str | None = None
    features: list[str] = field(default_factory=list)


@dataclass(slots=True)
class BiopsyAdvice:
    """Is a biopsy to be discussed, or better left?"""

    rule: str
    advice: str
    because: str


@dataclass(slots=True)
class Candidate:
    """FHIR BodyStructure: a place where the tumor may be. The score is a ranking aid only.

    `status` is ranked, or REFUTED: removed, and the blood stayed as it was; it has no rank then.
    """

    site: str
    site_name: str
    laterality: Side | None
    size_mm: Number | None
    score: int
    points: list[ScorePoint]
    studies: list[str]
    functional: bool
    anatomical: bool
    mimic: str | None
    explained: bool
    id: str = ""
    rank: int | None = None
    status: str = "ranked"
    evidence: list[Evidence] = field(default_factory=list)
    uptake_ratio: Number | None = None
    sampling_ratio: Number | None = None
    resectability: str | None = None
    biopsy: BiopsyAdvice | None = None
    refer: bool = False


@dataclass(slots=True)
class ExpectedYield:
    """How likely a test is to find the tumor now, with its bounds; `said` is how it is shown."""

    expected: Number
    low: Number
    high: Number
    about: str
    said: str = ""
    sources: list[str] = field(default_factory=list)


@dataclass(slots=True)
class UtilityTerms:
    """What a test is worth, term by term: weights that are proposals, not findings."""

    finding: Number
    false_positive: Number
    dose: Number
    cost: Number
    wait: Number
    total: Number


@dataclass(slots=True)
class Gate:
    """Why a step may not be taken now; `until` where the day is known.

    `kind` is block, need (something is asked for first), order (another step is first) or
    reschedule.
    """

    rule: str
    reason: str
    kind: str = "block"
    overridable: bool = False
    until: date | None = None


@dataclass(slots=True)
class Warned:
    """What to keep in mind before this step."""

    rule: str
    text: str


@dataclass(slots=True)
class Overridden:
    """A gate that a person went past, who and why."""

    rule: str
    reason: str
    override_reason: str
    by: str


@dataclass(slots=True)
class Ordered:
    """The order that this step waits for: it is not ordered a second time."""

    order: str
    says: str
    occurs_on: date | None
    performer: str | None


@dataclass(slots=True)
class FollowedOrder:
    """FHIR ServiceRequest: an order, and what has become of it.

    `standing` is placed, fulfilled, without_images, expired, revoked, withdrawn, draft, on_hold or
    unknown; `matched_by` says whether its report names it (order) or is of its act (act).
    """

    id: str
    status: str
    standing: str
    says: str
    act: str | None
    modality: str | None
    site: str | None
    laterality: Side | None
    occurs_on: date | None
    performer: str | None
    report: str | None
    matched_by: str | None


@dataclass(slots=True)
class NextStep:
    """FHIR ServiceRequest, proposed. `gates` block it until they are lifted.

    `ordered`: it is on its way. `asked_again`: why an earlier order of it came to nothing.
    """

    rule: str
    act: str
    because: str
    site: str | None = None
    laterality: Side | None = None
    modalities: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    test: str | None = None
    test_name: str | None = None
    expected_yield: ExpectedYield | None = None
    believed_if_positive: Number | None = None
    dose_msv: Number | None = None
    ct_dose_low_msv: Number | None = None
    ct_dose_high_msv: Number | None = None
    cost_relative: Number | None = None
    wait_days: int | None = None
    distance_km: Number | None = None
    site_of_care: str | None = None
    utility: UtilityTerms | None = None
    not_before: date | None = None
    due_on: date | None = None
    gates: list[Gate] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    overridden: list[Overridden] = field(default_factory=list)
    ordered: Ordered | None = None
    asked_again: str | None = None


@dataclass(slots=True)
class Alternative:
    """What could be done instead, and why it comes later."""

    act: str
    test: str | None
    name: str
    rule: str
    because: str
    expected_yield: ExpectedYield | None = None
    dose_msv: Number | None = None
    wait_days: int | None = None
    utility: Number | None = None


@dataclass(slots=True)
class Requested:
    """What somebody asked for, and whether it may be done now: allowed, blocked, not_indicated,
    research or unknown."""

    asked: str
    act: str | None
    verdict: str
    rule: str | None
    because: str
    gates: list[Gate] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)


@dataclass(slots=True)
class ScanCoverage:
    """What the scans with one test covered; `confidence` is low where a negative is doubtful."""

    study: str
    act: str
    status: str
    missing: list[str]
    confidence: str = "usual"


@dataclass(slots=True)
class SampledVein:
    """One vein: its ratio to the general circulation, what it drains, and whom it points at."""

    sample: str
    vein: str
    laterality: str | None
    ratio: Number | None
    steps_up: bool
    reference: bool
    territory: str
    sites: list[str]
    candidates: list[str]
    note: str | None = None


@dataclass(slots=True)
class Sampling:
    """One procedure of venous sampling."""

    session: str
    date: date | None
    interpretation: str
    because: str | None
    reference_mean: Number | None
    unit: str | None
    highest_vein: str | None
    highest_ratio: Number | None
    veins: list[SampledVein]


@dataclass(slots=True)
class ReadFgf23:
    """One FGF23, and whether it can be read."""

    id: str
    date: date | None
    value: Number
    unit: str
    interpretation: str
    rule: str | None = None


@dataclass(slots=True)
class NextLook:
    """When somebody in whom nothing was found is looked at again, how, and why then."""

    acts: list[str]
    due: date
    earliest: date
    latest: date
    examination_due: date
    brought_forward_by: list[str]
    review: bool
    rules: list[str]


@dataclass(slots=True)
class NursingAdvice:
    """What a test asks of a nursing mother. No hours: it is avoided, or no figure was read."""

    test: str
    name: str
    hours: int | None
    avoid: bool
    says: str


@dataclass(slots=True)
class DoseEntry:
    """What one study cost in radiation. `estimated` where the activity was not stated."""

    study: str | None
    date: date | None
    tracer_msv: Number | None
    ct_msv: Number | None
    estimated: bool
    ct_low_msv: Number | None = None
    ct_high_msv: Number | None = None


@dataclass(slots=True)
class DoseLedger:
    """All radiation of the search so far, as far as it is known; bounds with the usual CT."""

    entries: list[DoseEntry]
    total_msv: Number
    total_low_msv: Number | None = None
    total_high_msv: Number | None = None


@dataclass(slots=True)
class FiredRule:
    """A rule that spoke, and where it stands."""

    id: str
    conclusion: str
    strength: str
    sources: list[str]
    read_status: str
    signed_off: bool = False
    """Have two clinicians signed it as it stands now?"""


@dataclass(slots=True)
class Caveat:
    """What to keep in mind when reading the answer."""

    code: str
    text: str


@dataclass(slots=True, kw_only=True)
class Plan:
    """The answer: where the search stands and what comes next.

    `later` are the alternatives to the first steps, with why they come later.
    """

    state: str
    candidates: list[Candidate]
    next_steps: list[NextStep]
    later: list[Alternative] = field(default_factory=list)
    requested: list[Requested] = field(default_factory=list)
    coverage: list[ScanCoverage] = field(default_factory=list)
    venous_sampling: list[Sampling] = field(default_factory=list)
    fgf23: list[ReadFgf23] = field(default_factory=list)
    re_look: NextLook | None = None
    nursing: list[NursingAdvice] = field(default_factory=list)
    orders: list[FollowedOrder] = field(default_factory=list)
    dose_ledger: DoseLedger
    fired_rules: list[FiredRule]
    caveats: list[Caveat]
    knowledge_version: str


ANSWER: TypeAdapter[Plan] = TypeAdapter(Plan)
"""How an answer is written down, and read again."""
