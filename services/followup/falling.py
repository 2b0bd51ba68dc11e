"""What FGF23 says of the removal itself: it should fall, and soon."""

from collections.abc import Iterator

from knowledge.rules import fgf23_after_removal
from knowledge.rules.reference_intervals import Level
from knowledge.terms.observation import Observation
from services.followup import masked
from services.followup.contract import Caveat
from services.followup.history import History
from services.followup.results import FGF23


def caveats(history: History) -> Iterator[Caveat]:
    """The newest FGF23 after the last operation, where it has not fallen as it should."""
    if not history.operations:
        return
    operated, on = history.operations[-1].day, history.on
    known = [one for one in history.results.of(*FGF23) if masked.mask_of(one, history) is None]
    before = [one for one in known if one.day(on) < operated]
    after = [one for one in known if one.day(on) > operated]
    if not before or not after or history.levels[after[-1].id] is not Level.HIGH:
        return
    if fgf23_after_removal.falls(before[-1], after[-1], on) is False:
        text = f"FGF23 has not fallen as expected: {_share(before[-1], after[-1])} of what it was"
        yield Caveat(code="fgf23_not_falling", text=text, observation=after[-1].id)


def _share(before: Observation, after: Observation) -> str:
    return f"{after.value.value / before.value.value:.0%}"
