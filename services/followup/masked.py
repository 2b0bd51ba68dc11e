"""Which results say less than they seem to, because of a drug, and until when?"""

from collections.abc import Iterator
from datetime import date

from knowledge.rules import drugs, masking, remission
from knowledge.rules import follow_up_safety as safety
from knowledge.rules.remission import Exposure
from knowledge.terms.observation import Observation
from services.followup.contract import Caveat
from services.followup.history import History, day_of
from services.followup.results import FGF23

PHOSPHATE = ("s_phos",)


def mask_of(one: Observation, history: History) -> Exposure | None:
    """Which drug masks this result? Of FGF23 only burosumab does; of what else is asked, none."""
    key = one.analyte.key
    if one.taken_at is None or key not in ("s_phos", *FGF23):
        return None
    drug = history.masks.of(one.taken_at)
    if drug is None or drug.kind == drugs.UNKNOWN:
        return None
    if key == "s_phos":
        return drug
    return drug if drug.kind == safety.BUROSUMAB else None


def until(drug: Exposure, on: date) -> date | None:
    """From which day on do results count again? None: the drug is still taken."""
    return remission.masks_until(drug, on)


def caveats(history: History) -> Iterator[Caveat]:
    """The last phosphate and the last FGF23, where a drug masks them."""
    for analytes, code, says in (
        (PHOSPHATE, "masked_phosphate", "no remission can be read from it"),
        (FGF23, "masked_fgf23", "it says nothing of the disease"),
    ):
        found = next(iter(history.results.of(*analytes)[-1:]), None)
        drug = None if found is None else mask_of(found, history)
        if found is None or drug is None:
            continue
        last = _last_until(drug, history)
        again = "while it is taken" if last is None else f"results count again from {last}"
        text = f"{found.analyte.name} of {found.day(history.on)} was drawn on {drug.agent}"
        yield Caveat(code=code, text=f"{text}: {says}; {again}", observation=found.id, until=last)
    for newest in history.results.of(*PHOSPHATE)[-1:]:
        yield from _not_known(newest, history)


def _last_until(drug: Exposure, history: History) -> date | None:
    """From when on do results count again, after the last dose of such a drug that is known?"""
    of_kind = [
        until(one, history.on)
        for one in history.exposures
        if one.kind == drug.kind and (one.started is None or day_of(one.started) <= history.on)
    ]
    known = [day for day in of_kind if day is not None]
    return max(known) if known and len(known) == len(of_kind) else None


def _not_known(phosphate: Observation, history: History) -> Iterator[Caveat]:
    """What is it that nobody knows of the drugs on which this phosphate was drawn?"""
    said: set[tuple[str, str]] = set()
    for drug in history.exposures:
        if drug.kind == drugs.UNKNOWN:
            text = "is not known here: whether it raises phosphate is not known"
            code = "drug_not_known"
        elif drug.kind == masking.UNCLEAR and drug.ended is not None:
            days = remission.TABLE.whole("unclear_masks", history.on)
            text = f"may raise phosphate, and no wash-out is published; {days} days are our default"
            code = "wash_out_not_published"
        elif drug.started is None and drug.ended is None:
            text, code = "is taken: since when, and until when, nobody said", "drug_not_dated"
        else:
            continue
        at = phosphate.taken_at
        if at is None or remission.mask(at, [drug], history.on) is None:
            continue
        if (code, drug.agent) not in said:
            said.add((code, drug.agent))
            text = f"{drug.agent} {text}; remission is not read from a phosphate drawn on it"
            yield Caveat(code=code, text=text, observation=phosphate.id)
