"""How far is a decisive value from the limit that decided, and how exactly is it measured?"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from math import hypot, sqrt

from knowledge.rows import Bands
from knowledge.rules.kidney_function import TABLE as KIDNEY
from knowledge.rules.renal_phosphate import TABLE as RENAL
from knowledge.tables import Table

TABLE = Table.beside(__file__)
HUNDRED = 100.0
ROUND = 1  # decimals of a percentage that is shown
CALCIUM = frozenset({"s_ca", "s_ca_adj", "s_ca_ion"})
OTHERS_OF_THE_PAIR = 3  # what FEPO4 is computed from besides serum phosphate


@dataclass(slots=True)
class Precision:
    """How exactly something is measured, in percent, and where that stands."""

    percent: float
    sources: tuple[str, ...]
    read_status: str


def precision_of(key: str, on: date) -> Precision:
    """How exactly is this analyte measured?"""
    return _stated("imprecision_of_calcium" if key in CALCIUM else "imprecision", on)


@lru_cache(maxsize=64)
def _stated(name: str, on: date) -> Precision:
    row = TABLE.values[name].on(on)
    return Precision(float(row.number), row.citation.source, str(row.citation.read_status))


def of_excretion(on: date) -> Precision:
    """How exactly is FEPO4 known? Four results, none exact, multiply and divide."""
    each = precision_of("s_phos", on)
    return Precision(each.percent * sqrt(1 + OTHERS_OF_THE_PAIR), each.sources, each.read_status)


def of_threshold(reabsorbed: float, *, child: bool, on: date) -> Precision:
    """How exactly is TmP/GFR known? It grows the less is reabsorbed, and with Payne's curve.

    Relative error of TRP-factor times serum phosphate, which is itself in TRP.
    """
    each = precision_of("s_phos", on)
    if reabsorbed <= 0:
        return each
    steepness = 1 / reabsorbed
    if not child and reabsorbed > float(RENAL.number("switch_trp", on)):
        b = float(RENAL.number("factor_b", on))
        steepness += b / (1 - b * reabsorbed)
    lost = steepness * (1 - reabsorbed)
    grown = hypot(1 + lost, sqrt(OTHERS_OF_THE_PAIR) * lost)
    return Precision(each.percent * grown, each.sources, each.read_status)


def of_filtration(on: date) -> Precision:
    """How exactly is eGFR known, where creatinine is high enough to matter?"""
    each = precision_of("s_creat", on)
    power = abs(float(KIDNEY.number("ckd_epi_beta", on)))
    return Precision(each.percent * power, each.sources, each.read_status)


def nearest_limit(value: float, bands: Bands) -> float:
    """Which of the limits between the bands is this value nearest to, as a share of the limit?"""
    limits = [float(band.below) for band in bands.bands if band.below is not None]
    return min(limits, key=lambda limit: abs(value - limit) / limit)


def difference(value: float, limit: float) -> float:
    """How far above (or, negative, below) its limit is it, in percent of the limit?"""
    return HUNDRED * (value - limit) / limit


def within(difference_percent: float, precision: Precision) -> bool:
    """Could measuring again move it across?"""
    return abs(difference_percent) <= precision.percent
