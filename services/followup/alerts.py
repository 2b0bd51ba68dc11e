"""Of what must a person hear? Each alert with its value as it was, and when it ends.

An alert belongs to one version of one result, so a corrected value makes its own and ends the
former. A newer result resolves it, but what nobody has acknowledged stays owed: coordination keeps
what a person has acknowledged, and asks on for the rest.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import NAMESPACE_OID, uuid5

from knowledge.rules import follow_up_safety as safety
from knowledge.rules import reference_intervals
from knowledge.rules.remission import Course
from knowledge.terms.obligation import Ladder, Obligation, ObligationStatus
from services.followup import contract
from services.followup.answer import Alert, AlertStatus, Caveat
from services.followup.by_analyte import ByAnalyte
from services.followup.contract import Rejected
from services.followup.history import History
from services.followup.levels import Ruler
from services.followup.limits import limit_of
from services.followup.medication import after
from services.followup.readings import readings
from services.followup.reports import NOT_RESULTS
from services.followup.results import believed
from services.followup.told import LONGEST_KEY
from services.followup.view import SYMPTOMS, Reading, View, turn

EXPECTED = "MON-14"
"""The one rule that takes an alarm back instead of giving one."""


Lines = dict[str, list[Reading]]
"""The readings of each measure."""


@dataclass(slots=True)
class Raised:
    """A rule that one reading called up, and what has become of it."""

    rule: str
    reading: Reading
    status: AlertStatus
    ended_on: date | None = None
    by: Reading | None = None

    @property
    def urgent(self) -> bool:
        """Can it not wait until tomorrow?"""
        of_rule = safety.TABLE.entries["alerts"][self.rule].fields["urgent"]
        return bool(of_rule or self.rule in self.reading.urgent)

    @property
    def text(self) -> str:
        """What is to be done: the sentence for who takes what, else that of the rule."""
        said = (self.reading.saying or {}).get(self.rule)
        return said or safety.TABLE.rules[self.rule].conclusion

    @property
    def occurrence(self) -> str:
        """Its stable key beside the rule: results with their versions. Urgent, it is another."""
        key = f"{self.reading.key} urgent" if self.urgent else self.reading.key
        return key if len(key) <= LONGEST_KEY else str(uuid5(NAMESPACE_OID, key))


class Safety:
    """What the safety rules make of a history, for the answer and for the conclusion alike."""

    def __init__(self, history: History, courses: Sequence[Course], opened: date) -> None:
        self.opened = opened
        self._history = history
        numbers = {id: sent.version or 1 for id, sent in history.sent.items()}
        view = View(history, courses, history.results, history.levels, numbers)
        self.readings = readings(view)
        self._lines = _lines(self.readings)
        self.expected = [r for rule, r in self._newest() if rule == EXPECTED and r.facts[EXPECTED]]
        """The rises of ALP that are expected and alarm nobody (MON-14)."""
        self.raised = sorted(_raised(self._lines, history.on), key=_turn)
        known = {(one.rule, one.occurrence) for one in self.raised}
        self.ended = [
            one
            for one in sorted(_of_former_versions(view), key=_turn)
            if (one.rule, one.occurrence) not in known
        ]

    @property
    def active(self) -> list[Alert]:
        """What alarms in the latest values."""
        return [self._alert(one) for one in self.raised if one.status is AlertStatus.ACTIVE]

    @property
    def earlier(self) -> list[Alert]:
        """What alarmed before, since this patient is followed, and how it ended."""
        over = [one for one in self._owed() if one.status is not AlertStatus.ACTIVE]
        return [self._alert(one) for one in over]

    def normal(self, rules: Collection[str]) -> dict[str, date]:
        """Of which of these rules does the newest reading say that it does not hold, and when?"""
        newest: dict[str, Reading] = {}
        for one in sorted([line[-1] for line in self._lines.values()], key=turn):
            newest.update({rule: one for rule in rules if rule in one.facts})
        return {rule: one.day for rule, one in newest.items() if one.facts[rule] is False}

    def obligations(self) -> tuple[Obligation, ...]:
        """What a person has to acknowledge, and what nobody has to any more."""
        return tuple(_obligation(one) for one in self._owed())

    def caveats(self) -> Iterator[Caveat]:
        """What in the latest values no rule could judge, and why; and what is expected."""
        unsaid: dict[str, list[str]] = {}
        for rule, reading in self._newest():
            if reading.facts[rule] is None:
                unsaid.setdefault(rule, []).append(_unsaid(rule, reading))
        for rule in safety.TABLE.rules:
            for text in unsaid.get(rule, ()):
                yield Caveat(code="alert_undetermined", text=text)
        for reading in self.expected:
            text = f"ALP {reading.ids[0]} rises as it does in the first months of treatment"
            yield Caveat(code="alp_rise_expected", text=text)

    def _newest(self) -> Iterator[tuple[str, Reading]]:
        """Each rule with the last reading of each of its measures; symptoms are no measure."""
        for measure, line in self._lines.items():
            if measure != SYMPTOMS:
                yield from ((rule, line[-1]) for rule in line[-1].facts)

    def _owed(self) -> list[Raised]:
        """Resolved before this patient was followed, an alert is nobody's duty any more."""
        return [
            *(one for one in self.raised if one.ended_on is None or one.ended_on >= self.opened),
            *self.ended,
        ]

    def _alert(self, one: Raised) -> Alert:
        rule, reading = safety.TABLE.rules[one.rule], one.reading
        limit = limit_of(one.rule, reading, self._history)
        seen = None
        if reading.source is not None and limit is None:
            seen = reference_intervals.read(reading.source, self._history.subject)
        return Alert(
            rule=one.rule,
            occurrence=one.occurrence,
            text=one.text,
            observation=reading.ids[0],
            because=list(reading.ids),
            urgent=one.urgent,
            status=one.status,
            ended_on=one.ended_on,
            ended_by=one.by.ids[0] if one.by else None,
            severity=reading.severity if one.rule == "MON-06" else "",
            value=reading.printed.value if reading.printed else None,
            comparator=reading.printed.comparator if reading.printed else None,
            unit=reading.printed.unit if reading.printed else None,
            version=reading.version,
            taken_at=reading.at,
            limit=limit.value if limit else None,
            limit_unit=limit.unit if limit else None,
            low=seen.low if seen else None,
            high=seen.high if seen else None,
            range_from=seen.range_from if seen else "",
            note=reading.problem if reading.source is not None else "",
            sources=list(rule.sources),
            read_status=rule.read_status,
        )


def _turn(one: Raised) -> tuple[object, ...]:
    return one.reading.moment, one.rule, one.reading.key


def _lines(found: Iterable[Reading]) -> Lines:
    """The readings of each measure, in their order."""
    lines: Lines = {}
    for reading in found:
        lines.setdefault(reading.measure, []).append(reading)
    return lines


def _raised(lines: Lines, on: date) -> Iterator[Raised]:
    """Every alert, and what the next reading that could tell made of it."""
    for line in lines.values():
        following: dict[str, Reading] = {}
        for reading in reversed(line):
            for rule, fact in reading.facts.items():
                if fact and rule != EXPECTED:
                    yield _stands(rule, reading, following.get(rule), on)
                if fact is not None:
                    following[rule] = reading


def _stands(rule: str, reading: Reading, following: Reading | None, on: date) -> Raised:
    if following is not None:
        status = AlertStatus.REPEATED if following.facts[rule] else AlertStatus.RESOLVED
        return Raised(rule, reading, status, following.day, following)
    ended = (reading.ended_of or {}).get(rule, reading.ended)
    if ended is not None and ended < on:
        return Raised(rule, reading, AlertStatus.RESOLVED, after(ended))
    return Raised(rule, reading, AlertStatus.ACTIVE)


def _of_former_versions(view: View) -> Iterator[Raised]:
    """What did values alarm that a laboratory has corrected or withdrawn since?"""
    history = view.history
    former: dict[str, list[tuple[contract.Observation, int]]] = {}
    for sent in history.replaced:
        if sent.status not in NOT_RESULTS:
            former.setdefault(sent.id, []).append((sent, sent.version or 1))
    while former:
        one_each = {id: versions.pop() for id, versions in former.items()}
        former = {id: versions for id, versions in former.items() if versions}
        yield from _as_it_was(view, one_each)


def _as_it_was(view: View, former: dict[str, tuple[contract.Observation, int]]) -> Iterator[Raised]:
    history = view.history
    observations = [one for one in view.results.taken if one.id not in former]
    levels, ruler = dict(view.levels), Ruler(history.subject)
    for sent, _ in former.values():
        read = believed(sent)
        if not isinstance(read, Rejected) and read.day(history.on) <= history.on:
            observations.append(read)
            levels[read.id] = ruler.level_of(read)
    observations.sort(key=lambda one: (one.moment is not None, one.moment, one.id))
    versions = dict(view.versions) | {id: version for id, (_, version) in former.items()}
    then = View(history, view.courses, ByAnalyte(observations), levels, versions)
    for one in _raised(_lines(readings(then)), history.on):
        behind = former.keys() & set(one.reading.ids)
        if behind:
            newest = [history.sent[id].status for id in behind]
            withdrawn = any(status in NOT_RESULTS for status in newest)
            one.status = AlertStatus.WITHDRAWN if withdrawn else AlertStatus.CORRECTED
            one.ended_on, one.by = history.on, None
            yield one


BECAUSE = {
    AlertStatus.CORRECTED: "the result was corrected",
    AlertStatus.WITHDRAWN: "the result was withdrawn",
    AlertStatus.REPEATED: "a newer result alarms in its place",
}


def _obligation(one: Raised) -> Obligation:
    """What coordination hears: codes and ids. What is urgent stays until somebody has seen it."""
    over = one.status in (AlertStatus.CORRECTED, AlertStatus.WITHDRAWN)
    over = over or (one.status is AlertStatus.REPEATED and not one.urgent)
    return Obligation(
        rule=one.rule,
        occurrence=one.occurrence,
        act=safety.TABLE.entries["alerts"][one.rule].fields["act"],
        due=one.reading.day,
        opens=one.reading.day,
        ladder=Ladder.CRITICAL if one.urgent else Ladder.ALERT,
        status=ObligationStatus.CANCELLED if over else ObligationStatus.OPEN,
        because=BECAUSE[one.status] if over else one.text,
    )


def _unsaid(rule: str, reading: Reading) -> str:
    why = reading.problem
    if not why and rule in ("MON-03", "MON-04"):
        why = "what was taken that day, or whether it was fasting, is not known"
    return f"{rule} cannot be judged by {reading.ids[0]}: {why or 'the value leaves it open'}"
