"""What the single rules found about one person; classes, causes and next tests judge by it."""

from dataclasses import dataclass, field
from datetime import date

from knowledge.rules import fgf23, fgf23_independent, non_renal, renal_phosphate
from knowledge.rules.genetics import Explanation
from knowledge.rules.reference_intervals import Level
from knowledge.terms.truth import Truth

PERSISTENT = "persistent"
LOW = "low"
NOT_LOW = "not_low"
UNKNOWN = "unknown"


@dataclass(slots=True)
class Picture:
    """The stages S to G of one assessment. What was not measured stays at its unknown default."""

    on: date
    child: Truth = None
    phosphate: str = UNKNOWN
    severe: bool = False
    severe_band: bool = False
    borderline: bool = False
    symptoms: bool = False
    samples: int = 0
    excluded: bool = False
    decisive_rejected: bool = False
    acute: bool = False
    pair: bool = False
    conserved_pairs: int = 0
    renal: str = renal_phosphate.UNKNOWN
    excretes: bool = False
    fgf23: str = fgf23.MISSING
    fgf23_repeated: bool = False
    fgf23_level: Level = Level.UNDETERMINED
    fgf23_on: date | None = None
    """On which day was the FGF23 drawn that counts?"""
    fgf23_under_burosumab: bool = False
    c_terminal_raised: bool = False
    strong_phenotype: Truth = None
    calcium: Level = Level.UNDETERMINED
    calcium_confirmed_high: bool = False
    pth: Level = Level.UNDETERMINED
    calcium_pattern: str = "UNDETERMINED"
    calcium_rule: str = ""
    long_therapy: bool = False
    vitamin_d: str = non_renal.UNKNOWN
    vitamin_d_status: str = "unknown"
    low_despite_vitamin_d: bool = False
    vitamin_d_125: Level = Level.UNDETERMINED
    alp: Level = Level.UNDETERMINED
    tubular: str = fgf23_independent.NONE
    markers: tuple[str, ...] = ()
    markers_known: int = 0
    """Of how many markers of the proximal tubule is it known whether they are there?"""
    no_fanconi: bool = False
    calcium_urine_known: bool = False
    dent: bool = False
    exposures: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    feature_findings: frozenset[str] = frozenset()
    childhood_onset: Truth = None
    kidney_failure: bool = False
    low_intake: bool = False
    history_asked: bool = False
    treatment_stated: bool = True
    """Is it known whether a drug holds phosphate up (V-09)?"""
    fractures_asked: bool = False
    gene: Explanation | None = None
    panel_negative: bool = False
    tumor_removed: bool = False
    histology_fits: bool = False
    recovery: str = "not_shown"
    confirmed_on: date | None = None
    recurrence: bool = False
    called: set[str] = field(default_factory=set)
    """Steps that a single rule asks for, whatever the class."""
    measured: frozenset[str] = frozenset()
    facts: set[str] = field(default_factory=set)

    @property
    def is_low(self) -> bool:
        """Has phosphate been low?"""
        return self.phosphate in (LOW, PERSISTENT)

    @property
    def wasting(self) -> bool:
        """Is renal wasting definite or probable (R-02, R-03)?"""
        return self.renal in renal_phosphate.WASTING
