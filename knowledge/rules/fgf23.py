"""Is FGF23 inappropriate for this phosphate, in this assay?"""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from knowledge.rows import Interval
from knowledge.rules.reference_intervals import Level, Reading, level_between
from knowledge.site import FGF23_CUT
from knowledge.tables import Table
from knowledge.terms.finding import Finding
from knowledge.terms.observation import Observation, ReferenceRange
from knowledge.terms.person import Sex, Subject
from knowledge.terms.quantity import Quantity

TABLE = Table.beside(__file__)

MEDIATED = "MEDIATED"
GREY = "GREY"
SUPPORTIVE = "SUPPORTIVE"
SUPPRESSED = "SUPPRESSED"
UNINTERPRETABLE = "UNINTERPRETABLE"
MISSING = "MISSING"
C_TERMINAL = "C_TERMINAL"
INTACT_KEY, C_TERMINAL_KEY = "s_fgf23_i", "s_fgf23_c"
KEYS = frozenset({INTACT_KEY, C_TERMINAL_KEY})
NAMED = {MEDIATED: "FGF23_MEDIATED"}


@lru_cache(maxsize=1024)
def assay_named(printed: str | None) -> str | None:
    """Which assay of the table is meant? None when it is not named or not known."""
    if not printed:
        return None
    spelled = " ".join(printed.split())
    key = spelled.upper().replace(" ", "_").replace("-", "_")
    if key in TABLE.entries["assays"]:
        return key
    for entry in TABLE.entries["assays"].values():
        if spelled.lower() in (entry.fields["name"].lower(), *entry.fields["also"]):
            return entry.key
    return None


def intact(observation: Observation, on: date, subject: Subject | None = None) -> Finding:
    """Does one intact FGF23, drawn while phosphate is low, show that FGF23 causes it?"""
    assay = assay_named(observation.assay)
    if assay is None or assay not in TABLE.bands:
        return _by_interval(observation, assay, subject)
    bands = TABLE.bands[assay].on(on)
    if subject is not None and subject.site is not None:
        bands = subject.site.bands(FGF23_CUT.format(assay=assay), on) or bands
    possible = bands.possible(observation.value)
    if len(possible) > 1:
        # "<30" in Kainos: grey or suppressed, in any case not shown to be mediated.
        known = GREY if MEDIATED not in possible else UNINTERPRETABLE
        return Finding(known, "F-02" if known == GREY else "F-00")
    fields = TABLE.entries["assays"][assay].fields
    doubt = ("fgf23_low_certainty",) if fields["certainty"] == "low" else ()
    return Finding(possible[0], rule_of(possible[0], assay), doubt)


def _by_interval(observation: Observation, assay: str | None, subject: Subject | None) -> Finding:
    """No cut is known: only the laboratory's interval speaks, or the site's, and only supports."""
    rule = "V-10" if assay is None else "F-05"
    own: ReferenceRange | Interval | None = observation.reference_range
    if own is None and assay is not None and subject is not None:
        own = _of_the_site(observation, subject, assay)
    if own is None:
        return Finding(UNINTERPRETABLE, "V-10", ("fgf23_no_interval",))
    # Both units of intact FGF23 are the same size, so printed number and limit compare as they are.
    level = level_between(observation.printed, own.low, own.high)
    if level is Level.UNDETERMINED or (level is Level.NORMAL and own.low is None):
        # Below an upper limit without a lower one: not suppressed cannot be told from suppressed.
        return Finding(UNINTERPRETABLE, rule, ("fgf23_left_open",))
    if level is Level.LOW:
        # Without an assay there is no cut that could call it suppressed.
        return Finding(GREY if assay is None else SUPPRESSED, rule)
    return Finding(SUPPORTIVE, rule, ("fgf23_supportive",))


def c_terminal(observation: Observation, subject: Subject) -> Finding:
    """Does C-terminal FGF23 support it? It never decides, and iron deficiency raises it alone."""
    own = observation.reference_range
    high = own.high if own is not None else None
    if high is None and subject.site is not None:
        limit = subject.site.deciding_interval(C_TERMINAL_KEY, subject.sex, subject.age, subject.on)
        high = limit.high if limit is not None else None
    if high is None:
        if subject.age is None:
            return Finding(UNINTERPRETABLE, "F-00")
        healthy = TABLE.interval(
            "healthy", profile=C_TERMINAL, sex=Sex.UNKNOWN, age=subject.age, on=subject.on
        )
        high = healthy.high if healthy is not None else None
    if high is None:
        return Finding(UNINTERPRETABLE, "F-00")
    above = observation.printed.above(Quantity(high, observation.printed.unit))
    if above:
        return Finding(SUPPORTIVE, "F-06", ("fgf23_supportive",))
    return Finding(MISSING, "F-07")


def over_time(states: Sequence[str]) -> tuple[str, bool]:
    """What do all readable intact results, oldest first, say? And was it suppressed repeatedly?

    The newest counts; one suppressed value after a mediated one is repeated before it is believed.
    """
    readable = [state for state in states if state not in (UNINTERPRETABLE, MISSING)]
    if not readable:
        return (UNINTERPRETABLE if states else MISSING), False
    newest = readable[-1]
    before = readable[:-1]
    if newest == SUPPRESSED and before and before[-1] == SUPPRESSED:
        return SUPPRESSED, True
    if newest == SUPPRESSED and MEDIATED in before:
        return GREY, False
    return newest, False


def back_in_interval(observation: Observation, subject: Subject) -> bool | None:
    """Is FGF23 inside the reference interval (C-08)? The laboratory's own goes first."""
    own = observation.reference_range
    if own is not None and own.high is not None:
        above = observation.printed.above(Quantity(own.high, observation.printed.unit))
        return None if above is None else not above
    cterm = observation.analyte.key == C_TERMINAL_KEY
    assay = C_TERMINAL if cterm else assay_named(observation.assay)
    if assay is None or subject.age is None:
        return None
    healthy = _of_the_site(observation, subject, None if cterm else assay) or TABLE.interval(
        "healthy", profile=assay, sex=Sex.UNKNOWN, age=subject.age, on=subject.on
    )
    if healthy is None or healthy.high is None:
        return None
    above = observation.value.above(Quantity(healthy.high, healthy.unit))
    return None if above is None else not above


def healthy_reading(observation: Observation, subject: Subject) -> Reading | None:
    """How does FGF23 lie among healthy persons of this assay? None when only the laboratory knows.

    For display: in a low phosphate a value in here is inappropriately normal.
    """
    if observation.reference_range is not None or subject.age is None:
        return None
    cterm = observation.analyte.key == C_TERMINAL_KEY
    assay = C_TERMINAL if cterm else assay_named(observation.assay)
    if assay is None:
        return None
    own = _of_the_site(observation, subject, None if cterm else assay)
    if own is not None:
        level = level_between(observation.printed, own.low, own.high)
        return Reading(level, own.profile, own.low, own.high, own.unit)
    row = TABLE.interval("healthy", profile=assay, sex=Sex.UNKNOWN, age=subject.age, on=subject.on)
    if row is None:
        return None
    level = level_between(observation.value, row.low, row.high)
    return Reading(level, assay, row.low, row.high, row.unit)


def rule_of(band: str, assay: str) -> str:
    """Which rule says what this band of this assay means?"""
    if band == MEDIATED:
        return str(TABLE.entries["assays"][assay].fields["mediated_by"])
    return "F-02" if band == GREY else "F-03"


def tube_problem(assay: str, specimen: str | None) -> str | None:
    """Is this the tube for the assay (V-11): `wrong`, `unknown` where it matters, or fine?"""
    fields = TABLE.entries["assays"][assay].fields
    if specimen is None or specimen == "plasma":
        return "unknown" if fields["ask_tube"] else None
    fitting = fields["specimens"]
    return "wrong" if fitting and specimen not in fitting else None


def other_molecule(assay: str, key: str) -> bool:
    """Does this assay measure the other FGF23 than the one that was sent?"""
    measures = TABLE.entries["assays"][assay].fields["molecule"]
    return bool((measures == "c-terminal") != (key == C_TERMINAL_KEY))


def as_other_assay(observation: Observation, on: date) -> tuple[str, Quantity] | None:
    """What would the Kainos ELISA or the CLEIA have read? For display, never to reclassify."""
    slope = TABLE.number("kainos_to_cleia_slope", on)
    offset = TABLE.number("kainos_to_cleia_offset", on)
    measured = observation.value
    match assay_named(observation.assay):
        case "KAINOS_ELISA":
            name, there = "s_fgf23_i_as_cleia", slope * measured.value + offset
        case "MINARIS_CLEIA":
            name, there = "s_fgf23_i_as_kainos", (measured.value - offset) / slope
        case _:
            return None
    return (name, Quantity(there, measured.unit, measured.comparator)) if there >= 0 else None


def _of_the_site(observation: Observation, subject: Subject, assay: str | None) -> Interval | None:
    if subject.site is None:
        return None
    key = observation.analyte.key
    return subject.site.interval(key, subject.sex, subject.age, subject.on, assay)
