"""At which level is each result of one person?"""

from knowledge.rules import own_interval, reference_intervals, surveillance
from knowledge.rules.reference_intervals import Level, level_between
from knowledge.terms.observation import Observation
from knowledge.terms.person import Subject


class Ruler:
    """How results of this person are read: what holds for all of them is found once."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        child = reference_intervals.is_child(subject)
        self._adult = None if child is None else not child
        self._rulers = reference_intervals.rulers_for(subject)
        self.refused: list[Observation] = []
        """Whose own interval cannot be one."""

    def level_of(self, one: Observation) -> Level:
        """Low, normal or high? The laboratory's interval first, then the tables, then the fallback.

        By an interval that cannot be one, nobody knows.
        """
        own = one.reference_range
        if own is not None:
            if own_interval.cannot_be(one, self._adult):
                self.refused.append(one)
                return Level.UNDETERMINED
            if own.low is not None and own.high is not None:
                return level_between(one.printed, own.low, own.high)
            return reference_intervals.read(one, self._subject, self._rulers).level
        level = reference_intervals.read(one, self._subject, self._rulers).level
        unread = level is Level.UNDETERMINED and one.analyte.key == "s_phos"
        if unread and self._adult is not False:
            low, high = surveillance.fallback_phosphate(self._subject.on)
            return level_between(one.value, low.value, high.value)
        return level
