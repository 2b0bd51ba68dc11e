"""Which test would settle most, and when?"""

from collections.abc import Iterator
from dataclasses import dataclass

from knowledge.rules import fgf23, fgf23_independent, non_renal
from knowledge.rules.classification import (
    CONFIRMED,
    POSSIBLE,
    PROBABLE,
    UNLIKELY,
    Classification,
)
from knowledge.rules.picture import PERSISTENT, Picture
from knowledge.rules.reference_intervals import Level
from knowledge.rules.renal_phosphate import CONSERVED, EQUIVOCAL
from knowledge.tables import Table

TABLE = Table.beside(__file__)
STEPS = TABLE.entries["steps"]
HEREDITARY = frozenset({"X-05", "X-06", "X-07", "X-08", "X-09", "X-10"})


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to order: what, within how many days, and why. `act` names it as an obligation."""

    id: str
    act: str
    order: tuple[str, ...]
    within_days: int
    because: str


ALWAYS_AGAIN = frozenset({"M-01", "M-07", "X-01", "N-03", "V-07", "C-07", "H-07", "M-10", "M-09"})
"""Steps that ask for a new sample although the analyte has been measured before."""


def _step(id: str, picture: Picture) -> Step | None:
    """This step, with what is still missing. None when nothing of it is."""
    fields = STEPS[id].fields
    order = tuple(fields["order"])
    if id not in ALWAYS_AGAIN:
        order = tuple(analyte for analyte in order if not _known(analyte, picture))
        if not order and fields["order"]:
            return None
    days = fields.get("sooner", fields["within_days"]) if picture.severe else fields["within_days"]
    return Step(id, fields["act"], order, int(days), fields["because"])


def _known(analyte: str, picture: Picture) -> bool:
    if analyte == "s_fgf23_i" and picture.fgf23 in (fgf23.UNINTERPRETABLE, fgf23.SUPPORTIVE):
        return False
    if analyte in ("s_ca", "s_alb") and picture.calcium is not Level.UNDETERMINED:
        return True
    return analyte in picture.measured


def next_tests(picture: Picture, classed: Classification) -> list[Step]:
    """What should be done next, most pressing first?"""
    steps = (_step(id, picture) for id in dict.fromkeys(_wanted(picture, classed)))
    return [step for step in steps if step is not None]


def _wanted(picture: Picture, classed: Classification) -> Iterator[str]:
    """Which steps does this picture call for? In the order in which they are done."""
    if classed.tio_class == CONFIRMED or classed.rule == "C-04":
        return
    if picture.acute:
        yield "V-07"
        return
    if not picture.is_low:
        yield from _without_low_phosphate(picture)
        return
    if not picture.history_asked:
        yield "M-06"
    if classed.tio_class == UNLIKELY:
        yield from _when_unlikely(picture, classed)
        return
    if classed.tio_class == PROBABLE:
        yield "M-10"
        if not picture.fractures_asked:
            yield "M-09"
        return
    yield from _to_settle(picture)
    if classed.tio_class == POSSIBLE and picture.severe:
        yield "M-10"
    if picture.fgf23 in (fgf23.MISSING, fgf23.UNINTERPRETABLE):
        yield "M-11"


def _without_low_phosphate(picture: Picture) -> Iterator[str]:
    if picture.excluded:
        if picture.alp is Level.HIGH:
            yield "H-07"
        return
    if "s_phos" not in picture.measured and not picture.decisive_rejected:
        yield "S-01"
        return
    yield "M-01"
    yield "M-02"


def _when_unlikely(picture: Picture, classed: Classification) -> Iterator[str]:
    match classed.rule:
        case "C-03" if picture.severe or picture.symptoms:
            yield "M-01"
        case "C-06b":
            yield "N-03"
        case "C-06":
            if picture.tubular in (fgf23_independent.HHRH, fgf23_independent.DENT):
                yield "M-08"
            yield "M-03"
            yield "M-04"
        case "C-07":
            yield "C-07"


def _to_settle(picture: Picture) -> Iterator[str]:
    first_visit = picture.symptoms and picture.samples <= 1
    nothing_yet = picture.measured <= {"s_phos", "s_alp", "s_creat", "s_ca", "s_alb"}
    if first_visit and nothing_yet:
        yield "M-00"
        return
    if picture.exposures:
        yield "X-01"
    child_wastes = picture.child and picture.wasting and not picture.panel_negative
    if HEREDITARY.intersection(picture.features) or child_wastes:
        yield "M-08"
    if picture.fgf23_under_burosumab:
        yield "V-08"
    kidney_open = not picture.wasting and picture.renal != CONSERVED
    if picture.phosphate != PERSISTENT or kidney_open or picture.renal == EQUIVOCAL:
        yield "M-01"
    yield "M-02"
    if "fanconi_drug" in picture.facts or picture.fgf23 == fgf23.SUPPRESSED:
        yield "M-03"
    yield "M-04"
    if (picture.wasting or picture.severe) and picture.fgf23 in (
        fgf23.MISSING,
        fgf23.UNINTERPRETABLE,
        fgf23.SUPPORTIVE,
    ):
        yield "M-05"
    if picture.fgf23 in (fgf23.GREY, fgf23.SUPPRESSED):
        yield "M-07"
    if picture.vitamin_d == non_renal.DEFICIENT:
        yield "N-03"
    if picture.phosphate == PERSISTENT and not picture.fractures_asked:
        yield "M-09"
