"""Which exposure or feature points to another FGF23 disease, or bends the measurement?"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from knowledge.rules.preanalytics import TABLE as PREANALYTICS
from knowledge.rules.validity import TABLE as VALIDITY
from knowledge.tables import Table

TABLE = Table.beside(__file__)

FANCONI_DRUG = "fanconi"
TREATS_PHOSPHATE = "treats_phosphate"
BINDS_FGF23 = "binds_fgf23"
BLOCKS_ABSORPTION = "blocks_absorption"
ARTEFACT = "artefact"
PHOSPHATURIC = "phosphaturic"
HEREDITARY = frozenset({"X-05", "X-06", "X-07", "X-08", "X-09", "X-10"})
"""The features of an inherited or mosaic disease."""
FORMULATION_UNKNOWN = "formulation_unknown"
DISTURBS_IMMUNOASSAY = "disturbs_immunoassay"
LOWERS_PHOSPHATE = "lowers_phosphate"
MONTHS_PER_YEAR = 12
ONE_DAY = timedelta(days=1)
ACTIVE, RETESTED = "PRESENT", "RETESTED"
"""An exposure that may explain it; and one off which all was drawn again and is still so."""
BY_MOUTH = ("oral", "tablet", "syrup", "drops", "capsule")
SEPARATORS = re.compile(r"[/+;&]|\band\b|\bwith\b", re.IGNORECASE)
FEATURES: Mapping[str, str] = {
    name: entry.fields["rule"] for name, entry in TABLE.entries["features"].items()
}


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug somebody takes or took. `key` is None for one that is not in the table."""

    key: str | None
    acts: tuple[str, ...]
    started: date | None
    stopped: date | None

    def within(self, day: date, window: timedelta) -> bool:
        """Was it taken on this day, or stopped no longer ago than the window?"""
        if self.started is not None and self.started > day:
            return False
        return self.stopped is None or day <= self.stopped + window


@dataclass(frozen=True, slots=True)
class Drawn:
    """On which days was drawn what decides? An exposure counts by these, not by the day of asking.

    `days` are those of the low phosphates and of the FGF23 in use. `phosphate`, `pair` and `fgf23`
    are the newest of each; None for what was not measured, or cannot be read.
    """

    days: tuple[date, ...]
    phosphate: date | None = None
    pair: date | None = None
    fgf23: date | None = None

    def again_from(self, day: date) -> bool:
        """Were phosphate, the pair and FGF23 all drawn from this day on?"""
        parts = (self.phosphate, self.pair, self.fgf23)
        return all(part is not None and part >= day for part in parts)


@dataclass(frozen=True, slots=True)
class Infusion:
    """One dose of intravenous iron."""

    product: str
    given: date | None


@lru_cache(maxsize=4096)
def drug_named(agent: str) -> tuple[str, tuple[str, ...]] | None:
    """Which drug of the table is meant, by key, name or ATC code? And what does it do?

    Salt, dose and form after the name do not matter; of a combination any part may be known.
    """
    parts = [part for part in SEPARATORS.split(agent) if part.strip()]
    for name in (agent, *(parts if len(parts) > 1 else ())):
        words = name.split()
        for length in range(len(words), 0, -1):
            found = _named(" ".join(words[:length]))
            if found is not None:
                return found
    return None


def _named(spelled: str) -> tuple[str, tuple[str, ...]] | None:
    key = spelled.lower().strip(",;.()").replace(" ", "_").replace("-", "_")
    for entry in TABLE.entries["drugs"].values():
        names = (entry.key, *(name.replace(" ", "_") for name in entry.fields["also"]))
        if key in names or spelled.upper() in entry.fields["atc"]:
            return entry.key, tuple(entry.fields["acts"])
    return None


@lru_cache(maxsize=1024)
def iron_named(agent: str) -> str | None:
    """Is this a product of intravenous iron, told among the drugs? Which of the table?"""
    spelled = " ".join(agent.lower().replace("_", " ").replace("-", " ").split())
    if any(word in spelled for word in BY_MOUTH):
        return None
    for product in TABLE.entries["iv_iron"]:
        if product != "other" and product.replace("_", " ") in spelled:
            return product
    return None


def taken(drugs: Sequence[Drug], act: str, day: date, window: timedelta) -> bool:
    """Was any drug that does this taken on or shortly before this day?"""
    return bool(drugs) and any(act in drug.acts and drug.within(day, window) for drug in drugs)


def taken_near(drugs: Sequence[Drug], act: str, days: Sequence[date], window: timedelta) -> bool:
    """Was any drug that does this taken on or shortly before one of these days?"""
    return any(taken(drugs, act, day, window) for day in days)


@lru_cache(maxsize=64)
def lookback(on: date) -> timedelta:
    """How long after its end does a drug still count as a cause?"""
    return timedelta(days=TABLE.whole("drug_lookback", on))


def on_treatment(drugs: Sequence[Drug], day: date) -> bool:
    """Was phosphate or active vitamin D taken shortly before this sample (V-09)?"""
    if not drugs:
        return False
    window = timedelta(days=VALIDITY.whole("on_treatment_window", day))
    return taken(drugs, TREATS_PHOSPHATE, day, window)


def under_burosumab(drugs: Sequence[Drug], day: date) -> bool:
    """Was burosumab given so shortly before this sample that FGF23 cannot be read (V-08)?"""
    if not drugs:
        return False
    window = timedelta(days=VALIDITY.whole("burosumab_window", day)) - ONE_DAY  # until, not after
    return taken(drugs, BINDS_FGF23, day, window)


def may_be_artefact(drugs: Sequence[Drug], day: date) -> bool:
    """Was a drug given that disturbs the phosphate assay (V-12)?"""
    window = timedelta(days=VALIDITY.whole("artefact_window", day))
    return taken(drugs, ARTEFACT, day, window)


def may_disturb_immunoassay(drugs: Sequence[Drug], day: date) -> bool:
    """Was biotin taken so shortly before that an immunoassay may be wrong (PA-10)?"""
    window = timedelta(days=PREANALYTICS.whole("biotin_window", day))
    return taken(drugs, DISTURBS_IMMUNOASSAY, day, window)


def formulation_to_ask(drugs: Sequence[Drug], day: date) -> bool:
    """Was a drug given that disturbs the assay in one of its formulations only (V-12)?"""
    window = timedelta(days=VALIDITY.whole("artefact_window", day))
    return taken(drugs, FORMULATION_UNKNOWN, day, window)


def lowers_phosphate(drugs: Sequence[Drug], days: Sequence[date], on: date) -> bool:
    """Was a drug that lowers phosphate for a while given in the months before one of these days?"""
    window = timedelta(days=TABLE.whole("lowers_phosphate_lookback", on))
    return taken_near(drugs, LOWERS_PHOSPHATE, days, window)


def iron(infusions: Sequence[Infusion], drawn: Drawn, on: date) -> str | None:
    """Was iron infused within the lookback of what was drawn, and all tested again off it (X-01)?

    A dose after everything that was drawn explains none of it; one of which nobody knows the day
    may explain everything.
    """
    if not infusions:
        return None
    if any(one.given is None for one in infusions):
        return ACTIVE
    doses = sorted(one.given for one in infusions if one.given is not None)
    if not any(_iron_reaches(doses, day, on) for day in drawn.days):
        return None
    last = max(given for given in doses if given <= max(drawn.days))
    off = last + timedelta(days=TABLE.whole("iv_iron_retest_after", on))
    return RETESTED if drawn.again_from(off) else ACTIVE


def _iron_reaches(doses: Sequence[date], day: date, on: date) -> bool:
    before = [given for given in doses if given <= day]
    if not before:
        return False
    name = "iv_iron_lookback_repeated" if len(before) > 1 else "iv_iron_lookback"
    return (day - before[-1]).days <= TABLE.whole(name, on)


def iron_often_does(infusions: Sequence[Infusion]) -> bool:
    """Is one of the products known to lower phosphate often?"""
    rows = TABLE.entries["iv_iron"]
    return any(i.product in rows and rows[i.product].fields["often"] for i in infusions)


def drinks_enough(alcohol_g_day: Decimal | None, on: date) -> bool:
    """Is it as much alcohol as in the published cases (X-02)?"""
    return alcohol_g_day is not None and alcohol_g_day >= TABLE.number("alcohol_from", on)


def graft(transplanted: date | None, drawn: Drawn) -> str | None:
    """Was a kidney graft new when this was drawn, and all tested again later (X-03)?"""
    new = [day for day in drawn.days if new_graft(transplanted, day)]
    if not new:
        return None
    again = drawn.again_from(max(new) + timedelta(days=1))
    settled = not any(new_graft(transplanted, day) for day in (drawn.pair, drawn.fgf23) if day)
    return RETESTED if again and settled else ACTIVE


def new_graft(transplanted: date | None, on: date) -> bool:
    """Is a kidney graft younger than the time in which phosphate recovers (X-03)?"""
    if transplanted is None or transplanted > on:
        return False
    months = (on.year - transplanted.year) * MONTHS_PER_YEAR + on.month - transplanted.month
    limit = TABLE.whole("transplant_months", on)
    return months < limit or (months == limit and on.day <= transplanted.day)


def features(findings: Mapping[str, object]) -> dict[str, str]:
    """Which findings point to another FGF23 disease? The finding and its rule."""
    return {name: rule for name, rule in FEATURES.items() if findings.get(name) is True}


def childhood_onset(onset: Decimal | None, age: Decimal | None, on: date) -> bool | None:
    """Did it begin before adult age? A child has had no other onset; else unknown."""
    limit = TABLE.number("adult_onset_from", on)
    if onset is not None:
        return onset < limit
    return True if age is not None and age < limit else None
