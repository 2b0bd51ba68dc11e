"""How is the patient doing? Outcome measures over time, with important change marked."""

from collections.abc import Iterator, Sequence
from datetime import date

from knowledge.rows import Entry
from knowledge.rules import outcome_measures as outcome
from knowledge.rules.follow_up_safety import Period
from knowledge.rules.outcome_measures import TABLE, measure_named
from knowledge.rules.surveillance_calendar import Done
from services.followup.charted import MeasureChange, MeasurePoint, MeasureSeries
from services.followup.contract import Caveat, MeasureTaken, Rejected
from services.followup.history import History, day_of, in_turn
from services.followup.medication import periods
from services.followup.reports import NOT_RESULTS


def believed(history: History) -> tuple[list[MeasureTaken], list[Rejected]]:
    """Which measures can be read, in their order, and which cannot, and why?"""
    newest: dict[str, MeasureTaken] = {}
    twice: set[tuple[str, int]] = set()
    for told in history.measures:
        known = newest.setdefault(told.id, told)
        if _version(told) > _version(known):
            newest[told.id] = told
        elif _version(told) == _version(known) and told != known:
            twice.add((told.id, _version(told)))
    read, rejected = [], []
    for told in sorted(newest.values(), key=lambda one: one.id):
        if told.status in NOT_RESULTS:
            continue
        wrong = _wrong(told)
        if (told.id, _version(told)) in twice:
            wrong = "told twice and differently: send the right one with a later version"
        if wrong is None:
            read.append(told)
        else:
            rejected.append(Rejected(observation=told.id, reason=wrong))
    return sorted(read, key=lambda one: (day_of(one.measured_on), one.id)), rejected


def _version(told: MeasureTaken) -> int:
    return told.version or 1


def _wrong(told: MeasureTaken) -> str | None:
    measure = measure_named(told.measure)
    if measure is None:
        return "this measure is not known"
    return outcome.problem(measure, told.value, told.unit)


def take_in(history: History) -> None:
    """Let a whole set of tests, or a bone density, close what it was due for."""
    if not history.measures:
        return
    read, rejected = believed(history)
    history.rejected += rejected
    ids: dict[date, dict[str, str]] = {}
    for told in read:
        ids.setdefault(day_of(told.measured_on), {})[told.measure] = told.id
    whole = [
        Done(day, frozenset([act]), ids=dict.fromkeys([act], next(iter(ids[day].values()))))
        for day, act in outcome.completed(_days(read), history.on)
    ]
    history.done = in_turn([*history.done, *whole])


def caveats(history: History) -> Iterator[Caveat]:
    """Which tests of the last visit were not told, so that it does not count as done?"""
    taken = _days(believed(history)[0])
    rows = TABLE.entries["measures"]
    of_function = [(day, key) for day, key in taken if rows[key].fields["act"] == "function_tests"]
    if not of_function:
        return
    day = max(of_function)[0]
    left = outcome.missing(of_function, "function_tests", day, history.on)
    if left:
        names = ", ".join(rows[key].fields["name"] for key in left)
        text = f"the tests of function of {day} are not complete: {names}"
        yield Caveat(code="function_tests_incomplete", text=text)


def _days(told: Sequence[MeasureTaken]) -> list[tuple[date, str]]:
    found = [(day_of(one.measured_on), measure_named(one.measure)) for one in told]
    return [(day, row.key) for day, row in found if row is not None]


def measure_series(history: History) -> list[MeasureSeries]:
    """Each measure over time, each at its own site."""
    lines: dict[tuple[str, str | None], list[MeasureTaken]] = {}
    for told in believed(history)[0]:
        row = measure_named(told.measure)
        assert row is not None
        lines.setdefault((row.key, told.site), []).append(told)
    taken = periods(history.therapies, history.on)
    rows = TABLE.entries["measures"]
    return [_series(rows[key], site, line, taken, history) for (key, site), line in lines.items()]


def _treated_from(taken: Sequence[Period], history: History) -> date | None:
    """When did the first treatment begin: an operation or a drug?"""
    days = [operation.day for operation in history.operations]
    days += [period.started for period in taken if period.started is not None]
    return min(days, default=None)


def _series(
    row: Entry,
    site: str | None,
    line: Sequence[MeasureTaken],
    taken: Sequence[Period],
    history: History,
) -> MeasureSeries:
    begun = _treated_from(taken, history)
    before = [one for one in line if begun is not None and day_of(one.measured_on) <= begun]
    baseline = before[-1] if before else line[0]
    points = []
    previous: MeasureTaken | None = None
    for one in line:
        day = day_of(one.measured_on)
        since = _last_day(previous)
        points.append(
            MeasurePoint(
                id=one.id,
                version=one.version or 1,
                measured_on=one.measured_on,
                value=one.value,
                from_baseline=_change(row, site, baseline, one, history.on),
                from_previous=_change(row, site, previous, one, history.on),
                treated_with=sorted({p.agent for p in taken if p.covers(day)}),
                after_stop_of=sorted(
                    {p.agent for p in taken if p.stopped and since <= p.stopped < day}
                ),
            )
        )
        previous = one
    limit = outcome.change(row, site, line[0].value, line[0].value, history.on).source
    return MeasureSeries(
        measure=row.key,
        name=row.fields["name"],
        site=site,
        unit=row.fields["unit"],
        better=row.fields["better"],
        baseline=baseline.id,
        before_treatment=bool(before),
        points=points,
        limit_sources=list(limit.citation.source) if limit else [],
        limit_read_status=limit.citation.read_status if limit else None,
        limit_note=limit.citation.note if limit else "no limit of an important change is known",
    )


def _last_day(one: MeasureTaken | None) -> date:
    return date.max if one is None else day_of(one.measured_on)


def _change(
    row: Entry, site: str | None, before: MeasureTaken | None, now: MeasureTaken, on: date
) -> MeasureChange | None:
    """From an earlier value to this one; none to itself, nor backwards."""
    if before is None or before is now or day_of(before.measured_on) > day_of(now.measured_on):
        return None
    found = outcome.change(row, site, before.value, now.value, on)
    return MeasureChange(
        by=found.by,
        importance=found.importance,
        limit=found.limit,
        since=day_of(before.measured_on),
    )
