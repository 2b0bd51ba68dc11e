"""What an assessment writes down as it goes: rules fired, quantities computed, caveats."""

from collections.abc import Mapping
from datetime import date
from decimal import Context, Decimal
from functools import lru_cache

from knowledge import shelf
from knowledge.rules import calcium_and_pth, fgf23, kidney_function, renal_phosphate
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
INTERNAL = frozenset(id for id, rule in shelf.rules().items() if rule.internal)
KATO = "kato-2022"
SIX_FIGURES = Context(prec=6)
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
    return float(SIX_FIGURES.plus(value))


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
        if rule and rule not in INTERNAL:
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
        self.derive("trp", reabsorbed, kept, None, "trp", inputs, sources)
        self.derive("fepo4", excreted, lost, None, "fepo4", inputs, sources)
        if renal_phosphate.near_switch(reabsorbed, subject.on):
            self.caveat("near_switch")
        if handling.from_24h:
            self.caveat("fallback_24h")
            self.fire("PA-03", "FALLBACK_24H")
        if handling.threshold is None or not may_read:
            if subject.age is None:
                self.caveat("age_unknown")
            return
        self._threshold(handling, handling.threshold, subject, inputs)

    def _threshold(
        self, handling: Handling, threshold: Quantity, subject: Subject, inputs: list[str]
    ) -> None:
        sources = list(FORMULAS[renal_phosphate.PAYNE])
        interval = interval_for("tmp_gfr", subject)
        level, span = Level.UNDETERMINED, None
        if interval is not None:
            span = ends_in(interval, ANALYTES["tmp_gfr"], threshold.unit)
            level = level_between(threshold, *span)
            sources = [*FORMULAS[handling.formula], *interval.citation.source]
        self.derive(
            "tmp_gfr",
            threshold,
            level,
            span,
            handling.formula,
            inputs,
            list(dict.fromkeys(sources)),
        )

    def completed_handling(self, handling: Handling, known: set[str], subject: Subject) -> None:
        """What was computed from a reported value and its phosphate, beside what was reported."""
        reabsorbed, excreted, threshold = handling.reabsorbed, handling.excreted, handling.threshold
        if reabsorbed is None or excreted is None or threshold is None:
            return
        inputs, sources = list(handling.inputs), list(FORMULAS[renal_phosphate.PAYNE])
        band = renal_phosphate.excretion_band(excreted, subject.on)
        kept, lost = KEPT_AND_LOST.get(band, (Level.UNDETERMINED, Level.UNDETERMINED))
        inverted = "tmp_gfr" in known
        if not known & {"trp", "fepo4"}:
            sources = list(FORMULAS.get(handling.formula, sources))
        way = f"{handling.formula}-inverted" if inverted else "fepo4"
        if "trp" not in known:
            self.derive("trp", reabsorbed, kept, None, way, inputs, sources)
        if "fepo4" not in known:
            self.derive("fepo4", excreted, lost, None, "fepo4", inputs, sources)
        if not inverted:
            self._threshold(handling, threshold, subject, inputs)
        if renal_phosphate.near_switch(reabsorbed, subject.on):
            self.caveat("near_switch")
        self.caveat("computed_from_reported")

    def computed_egfr(self, value: Quantity, formula: str, input: str, on: date) -> None:
        """How much the kidney filters. Judged by where TmP/GFR and FGF23 need care."""
        level = Level.NORMAL if kidney_function.filtration(value, on) == "read" else Level.LOW
        self.derive("egfr", value, level, None, formula, [input], list(FORMULAS[formula]))

    def adjusted_calcium(self, value: Quantity, inputs: tuple[str, ...], subject: Subject) -> Level:
        """Calcium as it would be at a normal albumin."""
        interval = interval_for("s_ca_adj", subject)
        level, span = Level.UNDETERMINED, None
        if interval is not None:
            span = ends_in(interval, ANALYTES["s_ca_adj"], value.unit)
            level = level_between(value, *span)
        formula = calcium_and_pth.FORMULA
        self.derive("s_ca_adj", value, level, span, formula, list(inputs), list(FORMULAS[formula]))
        return level

    def in_other_assay(self, result: Measured, on: date) -> None:
        """What another assay would have read: shown, and never a reason to conclude anything."""
        other = fgf23.as_other_assay(result, on)
        if other is not None:
            name, value = other
            self.derive(name, value, Level.UNDETERMINED, None, KATO, [result.id], [KATO])

    def derive(
        self,
        quantity: str,
        value: Quantity,
        level: Level,
        span: tuple[Decimal | None, Decimal | None] | None,
        formula: str,
        inputs: list[str],
        sources: list[str],
    ) -> None:
        """A quantity computed here."""
        self.derived.append(
            Derived(
                quantity,
                shown(value.value),
                value.unit,
                WORDS[level],
                None if span is None else Range(_number(span[0]), _number(span[1])),
                formula,
                inputs,
                sources,
                value.comparator,
            )
        )


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
