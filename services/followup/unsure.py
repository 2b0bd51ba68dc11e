"""What keeps a state from being set: what nobody said, and what may not be believed."""

from collections.abc import Iterator

from knowledge.rules import masking
from knowledge.rules.reference_intervals import Level
from knowledge.rules.remission import Course
from knowledge.terms.observation import Observation
from services.followup.contract import Caveat
from services.followup.doubts import in_words
from services.followup.history import History


def caveats(history: History, way: Course) -> Iterator[Caveat]:
    """What is not known, or not sure, of the way since the last operation?"""
    if not history.drugs_told:
        what = "what else is taken" if history.medication_stated else "what is taken"
        text = f"{what} was not stated, nor that it is nothing: no result shows remission"
        yield Caveat(code="medication_not_stated", text=text)
    if way.masked:
        text = "results on burosumab or supplements cannot show remission"
        yield Caveat(code="masked", text=text)
    if way.fgf23 is Level.HIGH:
        text = "FGF23 is still raised after the operation"
        yield Caveat(code="fgf23_raised", text=text)
    yield from _of_the_assay(history, way)
    yield from _of_the_newest(history)


def _of_the_assay(history: History, way: Course) -> Iterator[Caveat]:
    """The newest FGF23 after the operation, if it cannot be held against the one before."""
    last = next((one for one in reversed(history.samples) if one.fgf23 is not None), None)
    if last is None or not last.in_another_assay or last.day <= way.operated:
        return
    text = f"the FGF23 of {last.day} was measured in another assay than the one that was"
    text += " raised: it does not show that FGF23 is back in range; measure it in the same one"
    yield Caveat(code="fgf23_other_assay", text=text, observation=last.said("fgf23")[-1])


def _of_the_newest(history: History) -> Iterator[Caveat]:
    phosphates = history.results.of("s_phos")
    if any(one.fasting is False for one in phosphates):
        text = "a phosphate was not taken fasting"
        yield Caveat(code="not_fasting", text=text)
    if not phosphates:
        return
    newest = phosphates[-1]
    day, normal = newest.day(history.on), history.levels[newest.id] is Level.NORMAL
    if normal and newest.fasting is None:
        text = f"whether the phosphate of {day} was taken fasting was not said"
        yield Caveat(code="fasting_not_stated", text=text, observation=newest.id)
    if normal and newest.id in history.doubts:
        why = in_words(history.doubts[newest.id])
        text = f"the phosphate of {day} is normal, but {why}: it does not show remission; repeat it"
        yield Caveat(code="not_believed", text=text, observation=newest.id)
    raised = any(s.fgf23 is Level.HIGH and s.day == day for s in history.samples)
    if normal and raised and not _is_on_burosumab(history, newest):
        text = f"the phosphate of {day} is normal, and FGF23 of that day is raised: repeat both"
        yield Caveat(code="fgf23_against_phosphate", text=text, observation=newest.id)


def _is_on_burosumab(history: History, one: Observation) -> bool:
    """Is it drawn while burosumab makes FGF23 say nothing?"""
    drug = None if one.taken_at is None else history.masks.of(one.taken_at)
    return drug is not None and drug.kind == masking.BUROSUMAB


def of_states(history: History) -> Iterator[Caveat]:
    """Which words of a state does nobody here know?"""
    for word in dict.fromkeys(history.unknown_states):
        text = f"the state {word} is not known here; it is kept, and read as none"
        yield Caveat(code="state_not_known", text=text)
