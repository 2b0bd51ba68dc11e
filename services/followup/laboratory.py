"""Results as they come into a history: what stands, at which level, and what each day says."""

from collections.abc import Sequence
from datetime import date

from knowledge.rules.reference_intervals import Level
from knowledge.terms.observation import Observation
from services.followup.by_analyte import ByAnalyte
from services.followup.contract import Rejected, Results
from services.followup.doubts import doubts_of
from services.followup.history import History
from services.followup.levels import Ruler
from services.followup.reports import NOT_RESULTS, TOLD_IN_TWO_WAYS, reports_of
from services.followup.results import FGF23, believed, reading_order
from services.followup.samples import Drawn


def take_in(history: History, results: Sequence[Results]) -> None:
    """Each result that stands, at its level; and what each day says."""
    told, on = reports_of(results), history.on
    history.sent, history.replaced = told.newest, told.replaced
    for sent in told.newest.values():
        if sent.status in NOT_RESULTS:
            continue
        history.numbers[sent.id] = sent.version or 1
        read = believed(sent)
        if told.in_two_ways and told.is_unclear(sent):
            read = Rejected(observation=sent.id, reason=TOLD_IN_TWO_WAYS)
        if isinstance(read, Rejected):
            history.rejected.append(read)
        elif read.day(on) <= on or not history.is_later(read.day(on)):
            history.observations.append(read)
            if doubts := doubts_of(read, sent.status):
                history.doubts[read.id] = doubts
    history.observations.sort(key=reading_order)
    history.results = ByAnalyte(history.observations)
    ruler = Ruler(history.subject)
    days: dict[date, list[Observation]] = {}
    for one in history.observations:
        history.levels[one.id] = ruler.level_of(one)
        days.setdefault(one.day(on), []).append(one)
    history.odd_intervals = ruler.refused
    history.drawn = [Drawn(day, taken) for day, taken in days.items()]
    history.done += [drawn.done(history.levels) for drawn in history.drawn]
    if history.operations:  # only then does anybody ask what they say together
        levels, raised = history.levels, history.results.of(*FGF23)
        raised = [one for one in raised if levels[one.id] is Level.HIGH]
        history.samples = [
            drawn.sample(levels, history.subject, history.doubts, raised) for drawn in history.drawn
        ]
