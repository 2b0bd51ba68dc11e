"""Results as the rules read them: what is believed, and which of two is read later."""

from datetime import timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from knowledge.terms.analyte import ANALYTES, BY_LOINC, Analyte
from knowledge.terms.observation import Observation, ReferenceRange
from knowledge.terms.quantity import Comparator, NotConvertible, Quantity, UnknownUnit
from services.followup import contract
from services.followup.contract import Rejected
from services.followup.reported import MOST

FGF23 = ("s_fgf23_i", "s_fgf23_c")
ALP = ("s_alp", "s_balp")
NUMBERS = (float, int, str, Decimal)
PLACES = Decimal(MOST).adjusted()
"""No quantity in a body has more places before its point, nor so many noughts behind it."""
NO_FLAGS: frozenset[str] = frozenset()
AS_TAUGHT = ""
"""A unit whose spelling tells nothing more."""


def believed(sent: contract.Observation) -> Observation | Rejected:
    """The result as the rules read it; what cannot be read is named and left out."""
    try:
        analyte, unit = _measured(sent.analyte, sent.loinc, sent.unit)
        printed = Quantity(_number(sent.value), unit)
        if sent.comparator is not None:
            printed.comparator = Comparator(sent.comparator)
    except (UnknownUnit, NotConvertible, ValueError) as wrong:
        return Rejected(observation=sent.id, reason=str(wrong))
    if sent.taken_at is None:
        reason = "without its time a result has no place in a history"
        return Rejected(observation=sent.id, reason=reason)
    own = sent.reference_range
    return Observation(  # by place: by name each would take three times as long (decision 35)
        sent.id,
        analyte,
        printed,
        analyte.to_working_unit(printed),
        sent.taken_at,
        sent.fasting,
        sent.collection_id,
        None if own is None else _both_ends(own.low, own.high),
        sent.assay,
        frozenset(sent.flags) if sent.flags else NO_FLAGS,
        AS_TAUGHT,
        sent.specimen,
    )


@lru_cache(maxsize=4096)
def _both_ends(low: Decimal | None, high: Decimal | None) -> ReferenceRange:
    """The laboratory's interval; "0 - 1.5" is an upper end only: nothing lies below nought."""
    return ReferenceRange(low if low is not None and low > 0 else None, high)


@lru_cache(maxsize=4096)
def _measured(key: str | None, loinc: str | None, unit: str | None) -> tuple[Analyte, str]:
    """What was measured, and in which unit? Raises with what is to be asked back."""
    by_key = ANALYTES.get(key) if key else None
    by_code = BY_LOINC.get(loinc) if loinc else None
    if by_key is not None and by_code is not None and by_key is not by_code:
        raise ValueError("analyte and LOINC code name different things")
    found = by_key or by_code
    if found is None:
        raise ValueError("this analyte is not known")
    return found, found.read_unit(unit)


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, NUMBERS):
        raise ValueError("the value is no number")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError("the value is no number") from None
    if not number.is_finite() or number < 0 or not -PLACES <= number.adjusted() <= PLACES:
        raise ValueError("the value cannot be")
    return number


def reading_order(observation: Observation) -> tuple[timedelta, str, Decimal, str]:
    """Which of two results is read later? The worse one, where both are of the same moment.

    So nothing depends on which of them arrived first, and doubt never shows a cure.
    """
    key, value = observation.analyte.key, observation.value.value
    worse = -value if key == "s_phos" else value
    return observation.moment or timedelta.min, key, worse, observation.id
