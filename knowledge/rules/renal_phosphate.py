"""Is the kidney losing phosphate that it should keep?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from knowledge.rules.reference_intervals import ends_in, interval_for
from knowledge.site import TMP_GFR_CUT
from knowledge.tables import Table
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.finding import Finding
from knowledge.terms.observation import Observation
from knowledge.terms.person import Subject
from knowledge.terms.quantity import Comparator, Quantity

TABLE = Table.beside(__file__)
PAYNE = "payne-1998"
BRODEHL = "brodehl-1988"

CONSERVED = "CONSERVED"
WASTING = frozenset({"WASTING_DEFINITE", "WASTING_PROBABLE"})
EQUIVOCAL = "EQUIVOCAL"
UNKNOWN = "UNKNOWN"
OF_A_DAY = "urine_24h"
UNIT = "mmol/L"
MICROMOLES = Decimal(1000)
HUNDRED = Decimal(100)
ONE = Decimal(1)


def trp(
    serum_phosphate: Decimal, urine_phosphate: Decimal, serum_creatinine: Decimal, urine: Decimal
) -> Decimal:
    """What share of the filtered phosphate is taken back? mmol/L, serum creatinine in umol/L."""
    filtered = serum_phosphate * urine * MICROMOLES
    return ONE - (urine_phosphate * serum_creatinine) / filtered


def fepo4(reabsorbed: Decimal) -> Decimal:
    """What share of the filtered phosphate is lost, in percent?"""
    return HUNDRED * (ONE - reabsorbed)


def tmp_gfr_adult(reabsorbed: Decimal, serum_phosphate: Decimal, on: date) -> Decimal:
    """What is the renal threshold by Payne's algebra? In the unit of the serum phosphate."""
    if reabsorbed <= TABLE.number("switch_trp", on) + TABLE.number("switch_tolerance", on):
        return reabsorbed * serum_phosphate
    a, b = TABLE.number("factor_a", on), TABLE.number("factor_b", on)
    return a * reabsorbed / (ONE - b * reabsorbed) * serum_phosphate


def tmp_gfr_child(reabsorbed: Decimal, serum_phosphate: Decimal) -> Decimal:
    """What is the renal threshold by the linear formula?"""
    return reabsorbed * serum_phosphate


def tmp_gfr(
    reabsorbed: Decimal, serum_phosphate: Decimal, age: Decimal | None, on: date
) -> tuple[Decimal, str] | None:
    """Which renal threshold, and by which formula, at this age? None when age would decide."""
    if age is None:
        if reabsorbed > TABLE.number("switch_trp", on):
            return None
        return tmp_gfr_child(reabsorbed, serum_phosphate), PAYNE
    if age < TABLE.number("adult_formula_from", on):
        return tmp_gfr_child(reabsorbed, serum_phosphate), BRODEHL
    return tmp_gfr_adult(reabsorbed, serum_phosphate, on), PAYNE


@dataclass(slots=True)
class Pair:
    """Blood and urine of one collection."""

    serum_phosphate: Observation
    urine_phosphate: Observation
    serum_creatinine: Observation
    urine_creatinine: Observation
    from_24h: bool = False

    @property
    def inputs(self) -> tuple[str, ...]:
        """Which observations went in?"""
        return (
            self.serum_phosphate.id,
            self.urine_phosphate.id,
            self.serum_creatinine.id,
            self.urine_creatinine.id,
        )


@dataclass(slots=True)
class Handling:
    """What one pair, or what a letter reported, says about the kidney."""

    serum_phosphate: Observation | None
    reabsorbed: Quantity | None
    excreted: Quantity | None
    threshold: Quantity | None
    formula: str
    inputs: tuple[str, ...]
    from_24h: bool = False
    reported: bool = False
    impossible: bool = False


@lru_cache(maxsize=16)
def _apart(hours: int) -> timedelta:
    return timedelta(hours=hours)


def together(a: Observation, b: Observation, hours: int) -> bool:
    """Were these two taken in one collection? Times decide where both are known."""
    here, there = a.moment, b.moment
    if here is not None and there is not None:
        return abs(here - there) <= _apart(hours)
    return a.collection_id is not None and a.collection_id == b.collection_id


def pairs(by_analyte: Mapping[str, Sequence[Observation]], on: date) -> Iterator[Pair]:
    """Which blood and urine samples belong together? Spot urine first, 24 h urine after it."""
    for urine, creatinine, window, from_24h in (
        ("u_phos", "u_creat", "pair_within", False),
        ("u_phos_24h", "u_creat_24h", "pair_within_24h_urine", True),
    ):
        urines = by_analyte.get(urine)
        if urines is None:
            continue
        usual = TABLE.whole(window, on)
        same_tube = TABLE.whole("pair_within", on)
        for lost in urines:
            of_a_day = from_24h or lost.specimen == OF_A_DAY
            hours = TABLE.whole("pair_within_24h_urine", on) if of_a_day else usual
            void = _partner(lost, by_analyte.get(creatinine, ()), hours)
            serum = _partner(lost, by_analyte.get("s_phos", ()), hours)
            if void is None or serum is None:
                continue
            tube = _partner(serum, by_analyte.get("s_creat", ()), same_tube)
            if tube is not None:
                yield Pair(serum, lost, tube, void, of_a_day)


def _partner(of: Observation, candidates: Sequence[Observation], hours: int) -> Observation | None:
    fitting = [candidate for candidate in candidates if together(of, candidate, hours)]
    if len(fitting) > 1 and of.collection_id is not None:
        same = [one for one in fitting if one.collection_id == of.collection_id]
        fitting = same or fitting
    return fitting[-1] if fitting else None


def handling_of(pair: Pair, subject: Subject) -> Handling | None:
    """What does this pair say? None when a comparator leaves it open."""
    direction = _direction(pair)
    if direction is None:
        return None
    lost, kept = direction
    serum = pair.serum_phosphate.value.value
    creatinine, urine = pair.serum_creatinine.value.value, pair.urine_creatinine.value.value
    if not (serum > 0 and creatinine > 0 and urine > 0):
        return None
    reabsorbed = trp(serum, pair.urine_phosphate.value.value, creatinine, urine)
    result = Handling(
        pair.serum_phosphate,
        Quantity(reabsorbed, "1", kept),
        Quantity(fepo4(reabsorbed), "%", lost),
        None,
        PAYNE,
        pair.inputs,
        pair.from_24h,
    )
    if not 0 <= reabsorbed <= 1:
        if kept is Comparator.GREATER:
            return None  # only the bound is impossible; the truth lies above it
        result.impossible = True
        return result
    threshold = tmp_gfr(reabsorbed, serum, subject.age, subject.on)
    if threshold is not None:
        result.threshold = Quantity(threshold[0], "mmol/L", kept)
        result.formula = threshold[1]
    return result


def _direction(pair: Pair) -> tuple[Comparator | None, Comparator | None] | None:
    """Which way do FEPO4 and TRP lie when a phosphate is only bounded? None: cannot be said."""
    bounded = pair.urine_phosphate.value.comparator
    serum = pair.serum_phosphate.value.comparator
    if pair.serum_creatinine.value.comparator or pair.urine_creatinine.value.comparator:
        return None
    if bounded is None and serum is None:
        return None, None
    if bounded is not None and serum is not None:
        return None
    ceiling = (Comparator.LESS, Comparator.LESS_OR_EQUAL)
    less_lost = (bounded in ceiling) if bounded is not None else (serum not in ceiling)
    if less_lost:
        return Comparator.LESS, Comparator.GREATER
    return Comparator.GREATER, Comparator.LESS


def near_switch(reabsorbed: Quantity, on: date) -> bool:
    """Does TRP lie where the adult formula jumps?"""
    low, high = TABLE.number("near_switch_from", on), TABLE.number("near_switch_to", on)
    return low <= reabsorbed.value <= high


def excretion_band(excreted: Quantity | None, on: date) -> str:
    """Is FEPO4 conserved, between or high? Unknown when not measured or left open."""
    if excreted is None:
        return "unknown"
    possible = TABLE.bands["fepo4"].on(on).possible(excreted)
    return possible[0] if len(possible) == 1 else "unknown"


def threshold_band(threshold: Quantity | None, subject: Subject) -> str:
    """Is TmP/GFR low, between, or kept, for this age?"""
    on, age = subject.on, subject.age
    if threshold is None:
        return "unknown"
    if age is None:
        low = threshold.below(_lowest_limit(subject))
        return "low" if low else "unknown"
    if age >= TABLE.number("adult_formula_from", on):
        own = None if subject.site is None else subject.site.bands(TMP_GFR_CUT, on)
        bands = TABLE.bands["tmp_gfr_adult"].on(on) if own is None else own
        possible = bands.possible(threshold)
        return possible[0] if len(possible) == 1 else "unknown"
    interval = interval_for("tmp_gfr", subject)
    if interval is None or interval.low is None:
        return "unknown"
    limit, _ = ends_in(interval, ANALYTES["tmp_gfr"], threshold.unit)
    assert limit is not None
    below = threshold.below(Quantity(limit, threshold.unit))
    return "unknown" if below is None else "low" if below else "kept"


def lower_limit(subject: Subject) -> Quantity | None:
    """Which lower limit of TmP/GFR holds for a child, or for somebody of unknown age?"""
    if subject.age is None:
        return _lowest_limit(subject)
    interval = interval_for("tmp_gfr", subject)
    if interval is None:
        return None
    low, _ = ends_in(interval, ANALYTES["tmp_gfr"], UNIT)
    return None if low is None else Quantity(low, UNIT)


def _lowest_limit(subject: Subject) -> Quantity:
    """Below which limit is TmP/GFR low at any age? A site's own limit may only lower it."""
    lowest = TABLE.value("lowest_limit", subject.on)
    if subject.site is None:
        return lowest
    analyte = ANALYTES["tmp_gfr"]
    own = subject.site.intervals(analyte.key, subject.on)
    limits = [ends_in(one, analyte, lowest.unit)[0] for one in own]
    return Quantity(min([lowest.value, *(low for low in limits if low is not None)]), lowest.unit)


def renal_handling(handling: Handling | None, filtration: str, subject: Subject) -> Finding:
    """Is the kidney losing phosphate? Asked only of a pair whose serum phosphate is low."""
    if handling is None or handling.impossible:
        return Finding(UNKNOWN, "R-00", missing=("s_phos", "s_creat", "u_phos", "u_creat"))
    may_read = filtration in ("read", "warn")
    tmp = threshold_band(handling.threshold, subject) if may_read else "unknown"
    decision = TABLE.decide("renal_handling", excretion_band(handling.excreted, subject.on), tmp)
    if handling.from_24h:
        weaker = TABLE.decide("downgrade", decision.then)
        rule = decision.rule if weaker.then == decision.then else weaker.rule
        return Finding(weaker.then, rule, ("fallback_24h",))
    return Finding(decision.then, decision.rule)


def little_over_24h(urine_phosphate: Quantity, on: date) -> bool:
    """Does a day's urine hold so little phosphate that, if it is complete, the kidney conserves?"""
    return urine_phosphate.below(TABLE.value("conserved_below_24h", on)) is True


def complete_collection(
    creatinine: Quantity, weight_kg: Decimal | None, female: bool | None, on: date
) -> bool | None:
    """Is a 24 h urine complete, judged by its creatinine? Unknown without weight and sex."""
    if weight_kg is None or female is None or weight_kg <= 0 or creatinine.comparator is not None:
        return None
    sex = "female" if female else "male"
    low = TABLE.number(f"creatinine_day_{sex}_low", on) * TABLE.number("completeness_low", on)
    high = TABLE.number(f"creatinine_day_{sex}_high", on) * TABLE.number("completeness_high", on)
    per_kg = creatinine.value * MICROMOLES / weight_kg
    return low <= per_kg <= high
