"""Which results say less than they seem to, because of a drug, and until when?"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from knowledge.rules import follow_up_safety as safety
from knowledge.rules import remission
from knowledge.rules.remission import Exposure
from knowledge.terms.observation import Observation
from services.followup.contract import Caveat
from services.followup.history import History, day_of
from services.followup.results import FGF23


def mask_of(one: Observation, history: History) -> Exposure | None:
    """Which drug masks this result? Of FGF23 only burosumab does; of what else is asked, none."""
    key = one.analyte.key
    if one.taken_at is None or key not in ("s_phos", *FGF23):
        return None
    drug = remission.mask(one.taken_at, history.exposures, history.on)
    if drug is None or key == "s_phos":
        return drug
    return drug if drug.kind == safety.BUROSUMAB else None


def until(drug: Exposure, on: date) -> date | None:
    """From which day on do results count again? None: the drug is still taken."""
    if drug.ended is None:
        return None
    if drug.kind == safety.BUROSUMAB:
        days = remission.TABLE.whole("burosumab_masks", on)
        return day_of(drug.ended) + timedelta(days=days)
    wait = timedelta(hours=remission.TABLE.whole("supplements_mask", on))
    return day_of(drug.ended + wait if isinstance(drug.ended, datetime) else drug.ended) + (
        timedelta() if isinstance(drug.ended, datetime) else wait
    )


def caveats(history: History) -> Iterator[Caveat]:
    """The last phosphate and the last FGF23, where a drug masks them."""
    newest: dict[str, Observation] = {}
    for one in history.observations:
        key = "fgf23" if one.analyte.key in FGF23 else one.analyte.key
        newest[key] = one
    for key, code, says in (
        ("s_phos", "masked_phosphate", "no remission can be read from it"),
        ("fgf23", "masked_fgf23", "it says nothing of the disease"),
    ):
        found = newest.get(key)
        drug = None if found is None else mask_of(found, history)
        if found is None or drug is None:
            continue
        last = until(drug, history.on)
        again = "while it is taken" if last is None else f"results count again from {last}"
        text = f"{found.analyte.name} of {found.day(history.on)} was drawn on {drug.agent}"
        yield Caveat(code=code, text=f"{text}: {says}; {again}", observation=found.id, until=last)
