"""Is an FGF23 that is not raised inappropriately normal beside a low phosphate, or suppressed?

The cuts stand in fgf23.toml.
"""

from knowledge.rules import fgf23
from knowledge.terms.observation import Observation
from knowledge.terms.person import Subject


def may_be_suppressed(observation: Observation, subject: Subject) -> bool:
    """May it be suppressed, so that something else lowers phosphate?

    By the cut of its assay, else by both ends of the laboratory's interval; where neither is
    known, it must lie above the cut of every assay that is.
    """
    own = observation.reference_range
    if observation.analyte.key == fgf23.C_TERMINAL_KEY:
        return own is None or own.low is None
    found = fgf23.intact(observation, subject.on, subject).code
    if found in (fgf23.MEDIATED, fgf23.SUPPORTIVE):
        return False
    if found != fgf23.UNINTERPRETABLE:
        return True
    assays = [assay for assay in fgf23.TABLE.entries["assays"] if assay in fgf23.TABLE.bands]
    cuts = [fgf23.TABLE.bands[assay].on(subject.on) for assay in assays]
    return any(set(cut.possible(observation.value)) != {fgf23.MEDIATED} for cut in cuts)
