"""How likely is a tumor: unlikely, possible, probable, confirmed, or indeterminate?"""

import re
from dataclasses import dataclass

from knowledge.rules import (
    fgf23,
    fgf23_independent,
    hypophosphatemia,
    renal_phosphate,
)
from knowledge.rules.picture import NOT_LOW, PERSISTENT, Picture
from knowledge.rules.reference_intervals import Level
from knowledge.tables import Table
from knowledge.terms.truth import Truth, all_of

TABLE = Table.beside(__file__)
TEXTS = {**TABLE.texts, **hypophosphatemia.TABLE.texts}

PROBABLE = "TIO_PROBABLE"
POSSIBLE = "TIO_POSSIBLE"
UNLIKELY = "TIO_UNLIKELY"
CONFIRMED = "TIO_CONFIRMED"
INDETERMINATE = "INDETERMINATE"

_YES_NO = {True: "yes", False: "no"}
_TRUTH: dict[Truth, str] = {True: "yes", False: "no", None: "unknown"}
_PTH_DEPENDENT = {True: "confirmed", False: "no"}


@dataclass(slots=True)
class Classification:
    """The class, by which rule, through which mechanism, and what would change it."""

    tio_class: str
    rule: str
    mechanism: str
    caveat: str | None
    would_change_if: tuple[str, ...]
    open_items: tuple[str, ...]


def _any_of(kind: str) -> str:
    """A pattern for the words of one row that say a histology is not there."""
    return "|".join(map(re.escape, TABLE.entries["negations"][kind].fields["words"]))


DENIED_BEFORE = re.compile(rf"\b(?:{_any_of('before')})\b")
DENIED_AFTER = re.compile(
    rf"\s*(?:(?:is|are|was|were|has been|have been)\s+)?(?:{_any_of('after')})\b"
)
NO_DENIAL = re.compile(rf"\b(?:{_any_of('no_negation')})\b")
CLAUSES = re.compile(r"[.;:\n]|\bbut\b")
HISTOLOGY = re.compile(
    "|".join(
        rf"\b{re.escape(name)}"
        for entry in TABLE.entries["histologies"].values()
        for name in (entry.key.replace("_", " "), *entry.fields["also"])
    )
)


def histology_fits(reported: str | None) -> bool:
    """Is this a histology that a phosphaturic tumor has? What is denied of it does not fit."""
    if reported is None:
        return False
    return any(_affirms(clause) for clause in CLAUSES.split(reported.lower().replace("_", " ")))


def _affirms(clause: str) -> bool:
    spelled = NO_DENIAL.sub("", " ".join(clause.split()))
    found = HISTOLOGY.search(spelled)
    if found is None or DENIED_BEFORE.search(spelled, 0, found.start()):
        return False
    rest = spelled[found.end() :].partition(" ")  # the end of the word: tumor, tumors
    return DENIED_AFTER.match(f" {rest[2]}") is None


def strong_phenotype(picture: Picture) -> Truth:
    """Does all else look so much like a tumor that one suppressed FGF23 is repeated (F-03)?

    Unknown while a part is not measured: that FGF23 alone then ends nothing.
    """
    status = picture.vitamin_d_status
    return all_of(
        picture.severe,
        _unless(picture.renal == renal_phosphate.UNKNOWN, picture.renal == "WASTING_DEFINITE"),
        _not_high(picture.vitamin_d_125),
        picture.tubular == fgf23_independent.NONE,
        _not_high(picture.calcium),
        _unless(status == "unknown", status == "adequate"),
    )


def _not_high(level: Level) -> Truth:
    return _unless(level is Level.UNDETERMINED, level is not Level.HIGH)


def _unless(unknown: bool, statement: bool) -> Truth:
    return None if unknown else statement


def open_items(picture: Picture) -> tuple[str, ...] | None:
    """What does a probable tumor still lack (C-09, C-10)? None when something forbids it."""
    suppressed = picture.fgf23 == fgf23.SUPPRESSED
    forbidden = (
        not picture.is_low
        or picture.renal in (renal_phosphate.UNKNOWN, renal_phosphate.CONSERVED)
        or picture.calcium is Level.HIGH
        or (suppressed and not picture.strong_phenotype)
        or bool(picture.exposures)
        or bool(picture.features)
        or picture.childhood_onset is True
        or picture.kidney_failure
    )
    if forbidden:
        return None
    items = []
    if picture.phosphate != PERSISTENT:
        items.append("persistence")
    if suppressed:
        items.append("fgf23_suppressed_once")
    elif picture.fgf23 != fgf23.MEDIATED:
        # Vitamin D that is not repleted counts together with an FGF23 that is grey or missing.
        items.append("fgf23")
    if picture.renal == renal_phosphate.EQUIVOCAL:
        items.append("wasting")
    if picture.calcium is Level.UNDETERMINED:
        items.append("calcium")
    if picture.tubular == fgf23_independent.MIXED:
        items.append("fanconi_markers")
    elif "fanconi_drug" in picture.facts and (picture.markers or not picture.markers_known):
        # What a drug imitates is searched before a tumor is blamed.
        items.append("fanconi_screen")
    return tuple(items)


def _counted(items: tuple[str, ...] | None) -> str:
    if items is None:
        return "blocked"
    return ("none", "one")[len(items)] if len(items) <= 1 else "more"


def classify(picture: Picture) -> Classification:
    """Which class follows from everything that was found? The first matching row wins."""
    items = open_items(picture)
    fgf = "SUPPRESSED_TWICE" if picture.fgf23_repeated else picture.fgf23
    row = TABLE.first(
        "class",
        {
            "confirmed": _YES_NO[picture.confirmed_on is not None],
            "tumor": "removed" if picture.tumor_removed else "not_removed",
            "histology": "compatible" if picture.histology_fits else "not_shown",
            "recovery": picture.recovery,
            "gene": "none" if picture.gene is None else "explains",
            "decisive_result": "rejected" if picture.decisive_rejected else "sound",
            "excluded": _YES_NO[picture.excluded],
            "renal": picture.renal,
            "fgf23": fgf,
            "vitamin_d": picture.vitamin_d,
            "tubular": picture.tubular,
            "strong_phenotype": _TRUTH[picture.strong_phenotype],
            "pth_dependent": _PTH_DEPENDENT[picture.is_low and picture.calcium_confirmed_high],
            "long_therapy": _YES_NO[picture.long_therapy],
            "exposure": "active" if picture.exposures else "none",
            "feature": "present" if picture.features else "none",
            "panel": "negative" if picture.panel_negative else "none",
            "childhood_onset": _YES_NO[picture.childhood_onset is True],
            "open_items": _counted(items),
        },
    )
    return Classification(
        row.then,
        row.rule,
        _mechanism(row.more["mechanism"], picture),
        row.more.get("caveat"),
        (*row.more["would_change_if"], *_what_is_open(row.rule, items, picture)),
        items or (),
    )


def _mechanism(named: str, picture: Picture) -> str:
    """Through what is phosphate low? The row says it, or the findings do."""
    if named == "gene":
        assert picture.gene is not None
        return picture.gene.mechanism
    if named:
        return named
    if "V-12" in picture.facts:
        return "ARTEFACT"
    if not picture.is_low:
        return "UNKNOWN"
    if picture.fgf23 == fgf23.MEDIATED:
        return "FGF23_MEDIATED"
    if picture.calcium_pattern == "PTH_DEPENDENT":
        return "PTH_DEPENDENT"
    return "FGF23_INDEPENDENT" if picture.fgf23 == fgf23.SUPPRESSED else "UNKNOWN"


def _what_is_open(rule: str, items: tuple[str, ...] | None, picture: Picture) -> tuple[str, ...]:
    """Which results would change this class? Said concretely, for this picture."""
    wanted: list[str] = []
    match rule:
        case "C-08":
            wanted += ["recurrence"] if picture.recurrence else ["low_again"]
            if picture.recovery == "complete" and not picture.treatment_stated:
                wanted.append("treatment_told")
        case "C-02":
            wanted += ["severe_needs_cause"] if picture.severe_band else []
            wanted += [] if picture.treatment_stated else ["treatment_told"]
        case "C-05":
            wanted += picture.exposures
        case "C-11":
            wanted += picture.features
        case "C-10":
            wanted += items or ()
        case "C-12":
            wanted += _what_blocks(items, picture)
    return tuple(TEXTS[code].text for code in dict.fromkeys(wanted))


def _what_blocks(items: tuple[str, ...] | None, picture: Picture) -> list[str]:
    wanted = list(items or ())
    if not picture.is_low:
        wanted.append("normal_once" if picture.phosphate == NOT_LOW else "phosphate")
        return wanted
    if picture.renal == renal_phosphate.UNKNOWN:
        wanted.append("pair")
    if picture.fgf23 in (fgf23.MISSING, fgf23.UNINTERPRETABLE):
        wanted.append("fgf23")
    if picture.fgf23 == fgf23.SUPPRESSED and picture.strong_phenotype is None:
        wanted += ["phenotype", "fgf23_suppressed_once"]
    if picture.calcium is Level.HIGH:
        wanted.append("calcium_high")
    if picture.tubular == fgf23_independent.PRESUMED:
        wanted.append("fanconi_markers")
    if picture.kidney_failure:
        wanted.append("kidney_failure")
    wanted += [*picture.exposures, *picture.features]
    if picture.panel_negative and picture.childhood_onset is True:
        wanted.append("panel_negative")
    return wanted or ["wasting"]
