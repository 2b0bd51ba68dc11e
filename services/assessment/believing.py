"""One result as it was sent: can it be believed, and if not, what should be sent instead?"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from knowledge.rules import unit_questions, validity
from knowledge.rules.fgf23 import KEYS as FGF23
from knowledge.rules.fgf23 import assay_named, other_molecule, tube_problem
from knowledge.terms.analyte import ANALYTES, BY_LOINC, TWELVE_FIGURES, Analyte
from knowledge.terms.observation import Observation as Measured
from knowledge.terms.observation import ReferenceRange
from knowledge.terms.quantity import NotConvertible, Quantity, UnknownUnit, unit_named
from services.assessment.contract import Observation, ReportedRange, Status

NOT_A_RESULT = frozenset({Status.CANCELLED, Status.ENTERED_IN_ERROR, Status.REGISTERED})
LATER_WORDS = (
    Status.REGISTERED,
    Status.UNKNOWN,
    Status.PRELIMINARY,
    Status.FINAL,
    Status.AMENDED,
    Status.CORRECTED,
    Status.CANCELLED,
    Status.ENTERED_IN_ERROR,
)
"""Of one result in one version, which word is the later: a correction after what it corrects."""

WORD = {status: place for place, status in enumerate(LATER_WORDS)}
URINE, DERIVED = "urine", "derived"
REFUSED = "V-01"
WRONG_TUBE = "V-11"
TWO_DAYS = timedelta(days=2)
"""Further apart than any two clocks on earth."""

NO_FLAGS: frozenset[str] = frozenset()

Printed = tuple[Analyte, str, Decimal | None, str, Decimal, Decimal]
"""An analyte, the unit it is printed in, the factor to the unit rules work in (none where that is
the same), that unit, and the ends between which nobody wonders at a value."""


def _printed(analyte: Analyte, unit: str) -> Printed:
    working = analyte.working[unit]
    factor = None if working == unit else analyte.factors[unit]
    return analyte, unit, factor, working, *validity.NOTHING_TO_SAY[analyte.key]


PRINTED: Mapping[tuple[str | None, str | None], Printed] = {
    (key, unit): _printed(analyte, unit)
    for key, analyte in ANALYTES.items()
    for unit in analyte.factors
}
"""What has to be known of a result, by analyte and unit. Looked up at once: most are sent so."""


class NotUsable(Exception):
    """This value may not be used, by which rule and why."""

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule, self.reason = rule, reason


class Believer:
    """For which moment, and of whom, results are believed."""

    __slots__ = ("adult", "as_of", "born", "same_age_since", "saw_younger", "surely_past")

    def __init__(
        self,
        as_of: datetime,
        born: date | None = None,
        adult: bool | None = None,
        same_age_since: date = date.min,
    ) -> None:
        self.as_of, self.born, self.adult = as_of, born, adult
        self.surely_past = as_of.date() - TWO_DAYS
        self.same_age_since = same_age_since
        self.saw_younger = False
        """Was any of the results drawn when the person was younger?"""


def believe(sent: Observation, by: Believer) -> Measured:
    """This result in the working unit. NotUsable for what nobody can have, or cannot be read."""
    number, spelling, taken_at = sent.value, sent.unit, sent.taken_at
    known = PRINTED.get((sent.analyte, spelling)) if sent.loinc is None else None
    if known is None or number is None:
        known, number = _spelled(sent)
    analyte, unit, factor, working, low, high = known
    if taken_at is not None:
        day = taken_at.date()
        # Days are compared first: two clocks of different offsets are slow to compare.
        if day > by.surely_past and taken_at > by.as_of:
            raise NotUsable(REFUSED, "taken in the future; please check the time and send it again")
        if day < by.same_age_since:
            _look_back(day, by)
    key = analyte.key
    if sent.specimen is not None:
        _check_specimen(sent.specimen, analyte)
    if key in FGF23:
        _check_tube(sent, key)
    printed = value = Quantity(number, unit, sent.comparator)
    if factor is not None:
        number = TWELVE_FIGURES.multiply(number, factor)
        value = Quantity(number, working, sent.comparator)
    if not low <= number <= high:
        wrong = validity.impossible(analyte, value)
        if wrong is not None:
            raise NotUsable(REFUSED, _asked_back(analyte, printed, wrong))
    own = None
    if sent.reference_range is not None:
        own = _own_range(sent.reference_range, analyte, unit, by.adult)
    return Measured(
        sent.id,
        analyte,
        printed,
        value,
        taken_at,
        sent.fasting,
        sent.collection_id,
        own,
        sent.assay,
        frozenset(sent.flags) if sent.flags else NO_FLAGS,
        spelling or unit,
        sent.specimen,
    )


def _spelled(sent: Observation) -> tuple[Printed, Decimal]:
    """The same for what is coded, or spelled otherwise; and its number, which it must have."""
    analyte = _analyte_of(sent)
    if sent.value is None:
        raise NotUsable(REFUSED, f"{analyte.name} has no value; send the number and its unit")
    unit = sent.unit
    if unit is None or unit not in analyte.factors:
        unit = _unit_of(sent, analyte)
    return PRINTED[analyte.key, unit], sent.value


def _look_back(day: date, by: Believer) -> None:
    """Was somebody born by then? If so they were younger, and are read as that."""
    if by.born is not None and day < by.born:
        raise NotUsable(
            REFUSED, "taken before the date of birth; please check both and send them again"
        )
    by.saw_younger = True


def standing(sent: Sequence[Observation]) -> tuple[list[Observation], list[Observation]]:
    """Each result once, in its latest version; and those of which two words stand unreconciled.

    Neither depends on the order in which they were sent. What is no result is left out.
    """
    newest = {one.id: one for one in sent}
    if len(newest) == len(sent):  # nothing was sent twice, as nearly always
        return [one for one in sent if one.status not in NOT_A_RESULT], []
    newest.clear()
    torn: dict[str, Observation] = {}
    for one in sent:
        known = newest.setdefault(one.id, one)
        if known is one:
            continue
        before, after = (known.version, WORD[known.status]), (one.version, WORD[one.status])
        if after > before:
            newest[one.id] = one
            torn.pop(one.id, None)
        elif after == before and one != known:
            torn[one.id] = one
    results = [
        one for one in newest.values() if one.status not in NOT_A_RESULT and one.id not in torn
    ]
    return results, list(torn.values())


def named(sent: Observation) -> Analyte | None:
    """What was measured, by the key, else by the code? None when neither is known."""
    if sent.analyte is not None:
        return ANALYTES.get(sent.analyte)
    return BY_LOINC.get(sent.loinc or "")


def twice(sent: Iterable[Observation]) -> list[tuple[Observation, str]]:
    """What to say of results that were sent twice, and differ, under one version."""
    reason = (
        "sent twice under one version with different content, and it cannot be told which is "
        "right; send the right one again with a later version"
    )
    return [(one, reason) for one in sorted(sent, key=lambda one: one.id)]


def _analyte_of(sent: Observation) -> Analyte:
    analyte = named(sent)
    if analyte is not None and sent.loinc is None:
        return analyte
    if analyte is None:
        called = sent.analyte or sent.loinc
        raise NotUsable(
            REFUSED,
            "neither analyte nor LOINC code says what was measured"
            if called is None
            else "this analyte or LOINC code is not known; please name it by the analyte table",
        )
    if sent.analyte is not None and sent.loinc is not None:
        coded = BY_LOINC.get(sent.loinc)
        if coded is not None and coded is not analyte:
            raise NotUsable(
                REFUSED,
                f"the LOINC code means {coded.name}, the analyte says {analyte.name}; send the one "
                "that is right, or only one of them",
            )
    return analyte


def _unit_of(sent: Observation, analyte: Analyte) -> str:
    try:
        return analyte.read_unit(sent.unit)
    except UnknownUnit as unknown:
        raise NotUsable(REFUSED, f"{unknown}; please send it with its unit") from None
    except NotConvertible as other:
        meant = unit_questions.to_send_instead(analyte, unit_named(sent.unit).code)
        raise NotUsable(REFUSED, f"{other}; {meant or 'please send it with its unit'}") from None


def _check_specimen(specimen: str, analyte: Analyte) -> None:
    """Blood is no urine, and a void is no day: what was measured is then another analyte."""
    urine = analyte.specimen.startswith(URINE)
    of_its_kind = analyte.specimen == DERIVED or specimen.startswith(URINE) == urine
    if of_its_kind and not (urine and analyte.specimens and specimen not in analyte.specimens):
        return
    raise NotUsable(
        REFUSED,
        f"{analyte.name} cannot come from {specimen}; please send the analyte that was measured "
        "in it, or the right specimen",
    )


def _check_tube(sent: Observation, key: str) -> None:
    assay = assay_named(sent.assay)
    if validity.WRONG_TUBE in sent.flags:
        raise NotUsable(WRONG_TUBE, "wrong tube for the assay; please draw it again")
    if assay is None:
        return
    if other_molecule(assay, key):
        other = "s_fgf23_c" if key == "s_fgf23_i" else "s_fgf23_i"
        raise NotUsable(
            REFUSED, f"the assay it names measures the other FGF23; send it as {other}, in its unit"
        )
    if tube_problem(assay, sent.specimen) == "wrong":
        raise NotUsable(
            WRONG_TUBE, f"wrong tube for the assay ({sent.specimen}); please draw it again"
        )


def _asked_back(analyte: Analyte, printed: Quantity, wrong: str) -> str:
    """What to send instead of a value that cannot be."""
    usual, number = unit_questions.usual_in(analyte, printed), f"{printed.value.normalize():f}"
    ask = f"{analyte.name} is {wrong}; please check number and unit, and send both as printed"
    return ask if usual is None else f"{ask}: was it {number} {unit_questions.in_words(usual)}?"


def _own_range(
    own: ReportedRange, analyte: Analyte, unit: str, adult: bool | None
) -> ReferenceRange | None:
    """The laboratory's interval, unless it cannot be one, or is one of another unit."""
    low, high = own.low, own.high
    if low is not None and low <= 0:
        low = None  # "0 - 1.5" is an upper end only: nothing lies below nought
    if (low is None and high is None) or is_inverted(own):
        return None
    given = ReferenceRange(low, high)
    other = unit_questions.interval_is_of(analyte, unit, given, adult)
    if other is not None:
        raise NotUsable(
            REFUSED,
            f"{analyte.name} came in {unit} with an interval that is one in {other}; please send "
            "number, unit and interval as printed",
        )
    return given


def is_inverted(own: ReportedRange) -> bool:
    """Is the lower end not below the upper one?"""
    low, high = own.low, own.high
    return low is not None and high is not None and low >= high
