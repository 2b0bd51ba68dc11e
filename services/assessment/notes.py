"""What an assessment writes down as it goes: rules fired, quantities computed, caveats."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache

from knowledge import shelf
from knowledge.rules import calcium_and_pth, kidney_function, renal_phosphate
from knowledge.rules.reference_intervals import (
    Level,
    Reading,
    ends_in,
    interval_for,
    level_between,
)
from knowledge.rules.renal_phosphate import Handling
from knowledge.terms.analyte import ANALYTES
from knowledge.terms.observation import Observation as Measured
from knowledge.terms.person import Subject
from knowledge.terms.quantity import Quantity
from services.assessment.contract import (
    Amount,
    Caveat,
    Derived,
    FiredRule,
    Interpretation,
    Interpreted,
    Range,
)

FORMULAS = {
    renal_phosphate.PAYNE: renal_phosphate.TABLE.values["factor_a"].newest.citation.source,
    renal_phosphate.BRODEHL: ("brodehl-1988", "dubourg-2022"),
    calcium_and_pth.FORMULA: ("payne-1973",),
    kidney_function.CKD_EPI: ("inker-2021",),
    kidney_function.SCHWARTZ: ("schwartz-2009",),
}
TEXTS = {code: text for table in shelf.tables().values() for code, text in table.texts.items()}
RATIO = "u_ca_creat"
WORDS: Mapping[Level, Interpretation] = {level: level.value for level in Level}
"""A level in the words of the answer; looked up, because asking an enum each time is slow."""
KEPT_AND_LOST: Mapping[str, tuple[Level, Level]] = {
    "conserved": (Level.NORMAL, Level.NORMAL),
    "high": (Level.LOW, Level.HIGH),
}
"""How TRP and FEPO4 read, by the band of FEPO4."""


@lru_cache(maxsize=4096)
def fired_rule(id: str, conclusion: str) -> FiredRule:
    """A rule as it is shown, made once."""
    rule = shelf.rules()[id]
    return FiredRule(
        id,
        conclusion or rule.conclusion,
        rule.strength,
        list(rule.sources),
        str(rule.read_status),
        rule.cn_consensus,
        id in shelf.signed_rules(),
    )


@lru_cache(maxsize=1024)
def caveat(code: str) -> Caveat:
    """A caveat as it is shown, made once."""
    return Caveat(code, TEXTS[code].text)


def shown(value: Decimal) -> float:
    """A computed number without the digits that nobody measured."""
    return float(f"{value:.6g}")


class Notes:
    """The running notes of one assessment."""

    __slots__ = ("caveats", "derived", "fired", "interpretations")

    def __init__(self) -> None:
        self.fired: dict[tuple[str, str], None] = {}
        self.caveats: dict[str, None] = {}
        self.derived: list[Derived] = []
        self.interpretations: list[Interpreted] = []

    def fire(self, rule: str | None, conclusion: str) -> None:
        """This rule of the specification applied. A row of ours is no rule, and is not noted."""
        if rule and not shelf.rules()[rule].internal:
            self.fired[(rule, conclusion)] = None

    def caveat(self, code: str) -> None:
        """Bear this in mind. Said once."""
        self.caveats[code] = None

    def interpreted(self, result: Measured, reading: Reading, *, reported: bool) -> None:
        """How one result reads."""
        printed, value = result.printed, result.value
        number = float(printed.value)
        converted = (
            Amount(number, printed.unit)
            if printed is value
            else Amount(shown(value.value), value.unit)
        )
        self.interpretations.append(
            Interpreted(
                result.id,
                number,
                result.spelling,
                WORDS[reading.level],
                reading.range_from,
                converted,
                printed.comparator,
                reported,
            )
        )

    def reported(self, result: Measured, level: Level) -> None:
        """A quantity that somebody else computed."""
        own = result.reference_range
        span = None if own is None else Range(_number(own.low), _number(own.high))
        value = result.value
        self.derived.append(
            Derived(
                result.analyte.key,
                shown(value.value),
                value.unit,
                WORDS[level],
                span,
                "reported",
                [result.id],
                [],
                value.comparator,
                reported=True,
            )
        )

    def computed_handling(
        self, handling: Handling, subject: Subject, *, low: bool, may_read: bool
    ) -> None:
        """TRP, FEPO4 and TmP/GFR of one pair."""
        reabsorbed, excreted = handling.reabsorbed, handling.excreted
        if reabsorbed is None or excreted is None:
            return
        inputs = list(handling.inputs)
        sources = list(FORMULAS[renal_phosphate.PAYNE])
        band = renal_phosphate.excretion_band(excreted, subject.on) if low else "unknown"
        kept, lost = KEPT_AND_LOST.get(band, (Level.UNDETERMINED, Level.UNDETERMINED))
        self._derive("trp", reabsorbed, kept, None, "trp", inputs, sources)
        self._derive("fepo4", excreted, lost, None, "fepo4", inputs, sources)
        if renal_phosphate.near_switch(reabsorbed, subject.on):
            self.caveat("near_switch")
        if handling.from_24h:
            self.caveat("fallback_24h")
        if handling.threshold is None or not may_read:
            if subject.age is None:
                self.caveat("age_unknown")
            return
        interval = interval_for("tmp_gfr", subject)
        level, span = Level.UNDETERMINED, None
        if interval is not None:
            low_end, high_end = ends_in(interval, ANALYTES["tmp_gfr"], handling.threshold.unit)
            level = level_between(handling.threshold, low_end, high_end)
            span = Range(_number(low_end), _number(high_end))
            sources = [*FORMULAS[handling.formula], *interval.citation.source]
        self._derive(
            "tmp_gfr",
            handling.threshold,
            level,
            span,
            handling.formula,
            inputs,
            list(dict.fromkeys(sources)),
        )

    def computed_egfr(self, value: Quantity, formula: str, input: str, on: date) -> None:
        """How much the kidney filters. Judged by where TmP/GFR and FGF23 need care."""
        level = Level.NORMAL if kidney_function.filtration(value, on) == "read" else Level.LOW
        self._derive("egfr", value, level, None, formula, [input], list(FORMULAS[formula]))

    def adjusted_calcium(self, value: Quantity, inputs: tuple[str, ...], subject: Subject) -> Level:
        """Calcium as it would be at a normal albumin."""
        interval = interval_for("s_ca_adj", subject)
        level, span = Level.UNDETERMINED, None
        if interval is not None:
            low_end, high_end = ends_in(interval, ANALYTES["s_ca_adj"], value.unit)
            level = level_between(value, low_end, high_end)
            span = Range(_number(low_end), _number(high_end))
        formula = calcium_and_pth.FORMULA
        self._derive("s_ca_adj", value, level, span, formula, list(inputs), list(FORMULAS[formula]))
        return level

    def urine_calcium_ratio(
        self, calcium: Measured | None, creatinine: Measured | None, on: date
    ) -> Quantity | None:
        """Calcium to creatinine in one urine, mol/mol."""
        if calcium is None or creatinine is None or creatinine.value.value <= 0:
            return None
        hours = renal_phosphate.TABLE.whole("pair_within", on)
        if not renal_phosphate.together(calcium, creatinine, hours):
            return None
        if calcium.value.comparator or creatinine.value.comparator:
            return None
        ratio = Quantity(calcium.value.value / creatinine.value.value, "1")
        inputs = [calcium.id, creatinine.id]
        self._derive(RATIO, ratio, Level.UNDETERMINED, None, RATIO, inputs, ["matos-1997"])
        return ratio

    def _derive(
        self,
        quantity: str,
        value: Quantity,
        level: Level,
        span: Range | None,
        formula: str,
        inputs: list[str],
        sources: list[str],
    ) -> None:
        self.derived.append(
            Derived(
                quantity,
                shown(value.value),
                value.unit,
                WORDS[level],
                span,
                formula,
                inputs,
                sources,
                value.comparator,
            )
        )


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
