"""How far is a decisive value from the limit that decided, and how exactly is it measured?"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from math import hypot, isclose, sqrt

from knowledge.rows import Bands
from knowledge.rules.fgf23 import TABLE as FGF23
from knowledge.rules.kidney_function import TABLE as KIDNEY
from knowledge.rules.non_renal import TABLE as NON_RENAL
from knowledge.rules.renal_phosphate import HUNDRED
from knowledge.rules.renal_phosphate import TABLE as RENAL
from knowledge.tables import Table

TABLE = Table.beside(__file__)
TABLES = {"fgf23": FGF23, "kidney": KIDNEY, "renal": RENAL, "vitamin_d": NON_RENAL}
PERCENT = float(HUNDRED)
CALCIUM = frozenset({"s_ca", "s_ca_adj", "s_ca_ion"})
OTHERS_OF_THE_PAIR = len(("u_phos", "s_creat", "u_creat"))
"""What FEPO4 is computed from besides serum phosphate."""


@dataclass(slots=True)
class Precision:
    """How exactly something is measured, in percent, and where that stands. Nobody changes one."""

    percent: float
    sources: list[str]
    read_status: str
    shown: float


def _precision(percent: float, sources: list[str], read_status: str) -> Precision:
    return Precision(percent, sources, read_status, tenths(percent))


def precision_of(key: str, on: date) -> Precision:
    """How exactly is this analyte measured?"""
    return _stated("imprecision_of_calcium" if key in CALCIUM else "imprecision", on)


@lru_cache(maxsize=64)
def _stated(name: str, on: date) -> Precision:
    row = TABLE.values[name].on(on)
    return _precision(float(row.number), list(row.citation.source), str(row.citation.read_status))


@lru_cache(maxsize=16)
def of_excretion(on: date) -> Precision:
    """How exactly is FEPO4 known? Four results, none exact, multiply and divide."""
    each = precision_of("s_phos", on)
    return _precision(each.percent * sqrt(1 + OTHERS_OF_THE_PAIR), each.sources, each.read_status)


def of_threshold(reabsorbed: float, *, child: bool, on: date) -> Precision:
    """How exactly is TmP/GFR known? It grows the less is reabsorbed, and with Payne's curve.

    Relative error of TRP-factor times serum phosphate, which is itself in TRP.
    """
    each = precision_of("s_phos", on)
    if reabsorbed <= 0:
        return each
    steepness = 1 / reabsorbed
    switch, b = _curve(on)
    if not child and reabsorbed > switch:
        steepness += b / (1 - b * reabsorbed)
    lost = steepness * (1 - reabsorbed)
    grown = hypot(1 + lost, sqrt(OTHERS_OF_THE_PAIR) * lost)
    return _precision(each.percent * grown, each.sources, each.read_status)


@lru_cache(maxsize=16)
def _curve(on: date) -> tuple[float, float]:
    return float(RENAL.number("switch_trp", on)), float(RENAL.number("factor_b", on))


@lru_cache(maxsize=16)
def of_filtration(on: date) -> Precision:
    """How exactly is eGFR known, where creatinine is high enough to matter?"""
    each = precision_of("s_creat", on)
    power = abs(float(KIDNEY.number("ckd_epi_beta", on)))
    return _precision(each.percent * power, each.sources, each.read_status)


def nearest_limit(value: float, limits: tuple[float, ...]) -> float:
    """Which of these limits is this value nearest to, as a share of the limit?"""
    nearest, least = limits[0], abs(value - limits[0]) / limits[0]
    for limit in limits[1:]:
        away = abs(value - limit) / limit
        if away < least:
            nearest, least = limit, away
    return nearest


@lru_cache(maxsize=256)
def limits_of(table: str, name: str, on: date) -> tuple[float, ...]:
    """Which limits lie between the bands of this table?"""
    return between(TABLES[table].bands[name].on(on))


def between(bands: Bands) -> tuple[float, ...]:
    """Which limits lie between these bands?"""
    return tuple(float(band.below) for band in bands.bands if band.below is not None)


def difference(value: float, limit: float) -> float:
    """How far above (or, negative, below) its limit is it, in percent of the limit?"""
    return PERCENT * (value - limit) / limit


def tenths(percent: float) -> float:
    """A percentage as it is shown."""
    return round(percent, 1)


def within(difference_percent: float, precision: Precision) -> bool:
    """Could measuring again move it across? Five percent is five percent, in binary too."""
    away = abs(difference_percent)
    return away <= precision.percent or isclose(away, precision.percent)
