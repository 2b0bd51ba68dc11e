"""Which steps of the work-up does this picture call for, and which results does it still need?"""

from collections.abc import Iterator

from knowledge.rules import fgf23, non_renal
from knowledge.rules.classification import (
    CONFIRMED,
    POSSIBLE,
    PROBABLE,
    UNLIKELY,
    Classification,
)
from knowledge.rules.fgf23_independent import MARKERS, PRESUMED
from knowledge.rules.picture import NOT_LOW, PERSISTENT, Picture
from knowledge.rules.reference_intervals import Level
from knowledge.rules.renal_phosphate import CONSERVED, EQUIVOCAL

NOT_READ = (fgf23.MISSING, fgf23.UNINTERPRETABLE)
ONCE = 1
WHILE_LOW = frozenset({"N-02", "D-02"})
ALWAYS_CALLED = frozenset({"RF-03", "RF-04", "RF-05", "RF-06", "S-02", "P-06"})


def known(picture: Picture) -> frozenset[str]:
    """Which analytes need not be measured again?"""
    known = set(picture.measured)
    if picture.fgf23 in (*NOT_READ, fgf23.SUPPORTIVE):
        known.discard("s_fgf23_i")
    if picture.calcium is not Level.UNDETERMINED:
        known.update(("s_ca", "s_alb"))
    if picture.calcium_urine_known:
        known.update(("u_ca", "u_creat"))
    if picture.pair and picture.renal != EQUIVOCAL:
        known.update(("s_phos", "s_creat", "u_phos", "u_creat"))
    return frozenset(known)


def needed(picture: Picture) -> Iterator[str]:
    """Which analytes does a rule that is not decided yet ask for?"""
    yield from ("s_alp", "s_ca", "s_alb", "s_mg", "s_pth", "s_25ohd", "s_creat")
    yield from ("s_fgf23_i", "s_ferritin", "b_hb")
    suspect = "fanconi_drug" in picture.facts or bool(picture.markers)
    if suspect or picture.fgf23 == fgf23.SUPPRESSED:
        yield from ("u_glu", "s_glu", "s_hco3", "s_urate", "s_k", "u_aa", "u_lmwp")
    if picture.fgf23 != fgf23.MEDIATED:
        yield "s_125d"
        if picture.pth not in (Level.NORMAL, Level.HIGH) and picture.vitamin_d_125 in (
            Level.HIGH,
            Level.UNDETERMINED,
        ):
            yield "u_ca"


def drug_to_screen(picture: Picture) -> bool:
    """Was a drug taken that causes Fanconi syndrome, and are its markers not all known?"""
    return "fanconi_drug" in picture.facts and picture.markers_known < len(MARKERS)


def wanted(picture: Picture, classed: Classification) -> Iterator[str]:
    """Which steps does this picture call for?"""
    yield from picture.called & ALWAYS_CALLED
    if classed.tio_class == CONFIRMED:
        if picture.recurrence:
            yield from ("M-01", "M-05")
        return
    if classed.rule == "C-04":
        return
    if picture.acute:
        yield "V-07"
        return
    if not picture.is_low:
        yield from _without_low_phosphate(picture)
        return
    if not picture.history_asked:
        yield "M-06"
    yield from picture.called & WHILE_LOW
    if "S-06" in picture.called and picture.fgf23 in NOT_READ:
        yield "M-05"
    if drug_to_screen(picture) and classed.rule != "C-03":
        yield "M-03"
    if classed.tio_class == UNLIKELY:
        yield from _when_unlikely(picture, classed)
    elif classed.tio_class == PROBABLE:
        yield "M-10"
        yield from picture.called & {"M-08"}
        if not picture.fractures_asked:
            yield "M-09"
    elif picture.borderline and picture.phosphate != PERSISTENT:
        yield "M-01"
    else:
        yield from _to_settle(picture)
        if classed.tio_class == POSSIBLE and (picture.severe or "M-10" in picture.called):
            yield "M-10"
        if picture.fgf23 in NOT_READ:
            yield "M-11"


def _without_low_phosphate(picture: Picture) -> Iterator[str]:
    if picture.excluded:
        if picture.severe_band:
            yield "H-08"
        if picture.alp is Level.HIGH:
            yield "H-07"
        return
    if "s_phos" not in picture.measured and not picture.decisive_rejected:
        yield "S-01"
        return
    yield "M-01"
    if picture.phosphate != NOT_LOW or picture.symptoms or picture.alp is Level.HIGH:
        yield "M-02"


def _when_unlikely(picture: Picture, classed: Classification) -> Iterator[str]:
    match classed.rule:
        case "C-03":
            if (picture.severe or picture.symptoms) and picture.conserved_pairs <= ONCE:
                yield "M-01"
        case "C-06b":
            yield "N-03"
        case "C-06":
            if "M-08" in picture.called:
                yield "M-08"
            yield "M-03"
            yield "M-04"
        case "C-07":
            yield "C-07"


def _to_settle(picture: Picture) -> Iterator[str]:
    yield from picture.exposures
    yield from picture.called & {"M-08"}
    if picture.fgf23_under_burosumab:
        yield "V-08"
    if picture.calcium_pattern == "PTH_DEPENDENT" and not picture.calcium_confirmed_high:
        yield "P-01"
    if picture.vitamin_d == non_renal.DEFICIENT:
        yield "N-03"
    started = picture.pair or picture.fgf23 not in NOT_READ
    if picture.symptoms and picture.samples <= 1 and not started and not picture.exposures:
        yield "M-00"
        return
    kidney_open = not picture.wasting and picture.renal != CONSERVED
    if picture.phosphate != PERSISTENT or kidney_open:
        yield "M-01"
    yield from ("M-02", "M-04")
    if picture.fgf23 == fgf23.SUPPRESSED:
        yield "M-03"
    due = (
        picture.wasting
        or picture.severe
        or picture.c_terminal_raised
        or picture.tubular == PRESUMED
        or "P-04" in picture.called
    )
    if due and picture.fgf23 in (*NOT_READ, fgf23.SUPPORTIVE):
        yield "M-05"
    if picture.fgf23 in (fgf23.GREY, fgf23.SUPPRESSED):
        yield "M-07"
    if picture.phosphate == PERSISTENT and not picture.fractures_asked:
        yield "M-09"
