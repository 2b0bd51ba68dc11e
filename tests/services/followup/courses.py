"""Whatever may happen to one patient, in any order: told, told again, corrected, taken back.

What stands of all that was told is worked out here in the plainest way, for the tests to hold the
rules against: no rule of the service is used for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from knowledge.rules import surveillance_calendar
from knowledge.rules.surveillance_therapies import BUROSUMAB
from services.followup.contract import FollowUp, PlanRequest, ScheduleItem
from services.followup.follow_up import follow_up
from tests.services.followup.calendar_cases import UNITS, noon, on

Said = dict[str, Any]
Key = tuple[str, str]
PATIENT = {"sex": "female", "age_years": 44, "weight_kg": 60}
WRONG = "entered-in-error"
CLASSES = {
    "oral_phosphate": "conventional",
    "calcitriol": "conventional",
    "infigratinib": "fgfr_inhibitor",
    "cinacalcet": "cinacalcet",
}
"""Drugs that are taken every day, and of which class each is."""

ROWS = {
    (row.rule, row.tag): row
    for row in (*surveillance_calendar.series(), *surveillance_calendar.recurring())
}


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing that was told once: which it is, in which version, on which day it happened."""

    name: str
    version: int
    day: int
    body: Said

    @property
    def stands(self) -> bool:
        """Is it not taken back?"""
        return self.body.get("status") != WRONG and all(
            one["status"] != WRONG for one in self.body.get("observations", ())
        )


@dataclass
class Told:
    """Everything that was told of one patient, in the order in which it arrived."""

    label: str | None
    tellings: list[Telling] = field(default_factory=list)

    def latest(self) -> dict[str, Telling]:
        """Of everything the highest version, taken back or not."""
        found: dict[str, Telling] = {}
        for one in self.tellings:
            if one.name not in found or one.version > found[one.name].version:
                found[one.name] = one
        return found

    def standing(self) -> list[Telling]:
        """What is true, as far as anybody knows."""
        return [one for one in self.latest().values() if one.stands]

    def until(self, day: int) -> "Told":
        """What had happened by this day, as it is known now."""
        latest = self.latest()
        names = {name for name, one in latest.items() if one.day <= day}
        names |= {one.name for one in of_unknown_beginning(self.standing())}
        return Told(self.label, [one for one in self.tellings if one.name in names])

    def answer(self, day: int) -> FollowUp:
        """What does follow-up say on this day?"""
        return answer_to(self.tellings, self.label, day)


def of_unknown_beginning(standing: Iterable[Telling]) -> list[Telling]:
    """Which drugs were stopped of which nobody told a beginning? They speak of all the time before.

    Of one day a dose goes before a stop, and a stop before a beginning.
    """
    found, begun = [], set()
    for one in sorted(standing, key=lambda one: (one.day, "started_on" in one.body, one.name)):
        agent = one.body.get("agent")
        if "stopped_on" in one.body and agent not in begun:
            found.append(one)
        elif "stopped_on" in one.body:
            begun.discard(agent)
        elif agent is not None:
            begun.add(agent)
    return found


def answer_to(tellings: Iterable[Telling], label: str | None, day: int) -> FollowUp:
    """The verb, asked about exactly this, in exactly this order."""
    body = {"patient": PATIENT, "opened_on": on(0), "label_profile": label}
    history = [one.body for one in tellings]
    return follow_up(PlanRequest.model_validate(body | {"history": history}), noon(day))


def results(day: int, values: dict[str, float]) -> list[Telling]:
    """The samples of one morning, each told by itself."""
    return [_sample(day, analyte, value, 1) for analyte, value in values.items()]


def _sample(day: int, analyte: str, value: float, version: int, status: str = "final") -> Telling:
    unit, low, high = UNITS[analyte]
    name = f"{on(day)} {analyte}"
    said = {"id": name, "analyte": analyte, "value": value, "unit": unit, "fasting": True}
    taken = {"taken_at": f"{on(day)}T08:00:00Z", "version": version, "status": status}
    observation = said | taken | {"reference_range": {"low": low, "high": high}}
    return Telling(name, version, day, {"kind": "observations", "observations": [observation]})


def event(kind: str, day: int, dated: str, **more: Any) -> Telling:
    """Anything else that happened on a day; of one kind and drug once a day and way."""
    name = "/".join([kind, dated, *(str(more[m]) for m in ("agent", "act") if m in more), f"{day}"])
    said = {"kind": kind, "id": name, "version": 1, dated: on(day).isoformat()} | more
    return Telling(name, 1, day, said)


def corrected(one: Telling, value: float) -> Telling:
    """The same result with another number."""
    (was,) = one.body["observations"]
    return _sample(one.day, was["analyte"], value, one.version + 1, "corrected")


def withdrawn(one: Telling) -> Telling:
    """The same, which was never so."""
    if "observations" in one.body:
        (was,) = one.body["observations"]
        return _sample(one.day, was["analyte"], was["value"], one.version + 1, WRONG)
    version = one.version + 1
    return Telling(one.name, version, one.day, one.body | {"version": version, "status": WRONG})


def moved(one: Telling, day: int) -> Telling:
    """The same, on another day than was said."""
    dated = next(name for name, said in one.body.items() if said == on(one.day).isoformat())
    again = {"version": one.version + 1, "status": "corrected", dated: on(day).isoformat()}
    return Telling(one.name, one.version + 1, day, one.body | again)


def by_key(answer: FollowUp) -> dict[Key, ScheduleItem]:
    """Its items, each under its key. No two of them share one."""
    found = {(item.rule, item.occurrence): item for item in answer.schedule}
    assert len(found) == len(answer.schedule)
    assert len({item.id for item in answer.schedule}) == len(answer.schedule)
    return found


def differences(one: FollowUp, other: FollowUp) -> dict[str, Any]:
    """Which parts of these two answers are not the same?"""
    return {
        name: (said, getattr(other, name)) for name, said in one if said != getattr(other, name)
    }


def end_of(item: ScheduleItem) -> tuple[Any, ...]:
    """How did it end? All None: it is open."""
    return (item.disposition, item.ended_on, item.done_on)


ENDS: dict[str, set[str | None]] = {
    "open": {None},
    "done": {"DONE"},
    "missed": {"MISSED"},
    "cancelled": {"NOT_INDICATED", "DECLINED", "TRANSFERRED", "DECEASED"},
}


def expect_one_end_each(answer: FollowUp, day: int) -> None:
    """Each item is open, or has ended in exactly one way on a day that is not to come."""
    for item in answer.schedule:
        assert item.disposition in ENDS[item.status], item
        assert (item.ended_on is None) == (item.status == "open"), item
        assert item.ended_on is None or item.ended_on <= on(day), item
        assert item.opens <= item.due <= item.closes, item
        assert item.status == "open" or item.reason or item.disposition in ENDS["cancelled"], item


def expect_nothing_of_what_was_left(told: Told, answer: FollowUp, day: int) -> None:
    """Nothing is open of a state or treatment that has ended, by what plainly stands."""
    standing = told.standing()
    operated = sorted({one.day for one in standing if one.body["kind"] == "surgery"})
    drugs = taken(standing)
    for item in answer.schedule:
        if item.status == "open":
            fits = _fits(item, answer, operated, drugs, _found(standing))
            assert fits, (item, answer.state, sorted(drugs))


def _fits(
    item: ScheduleItem, answer: FollowUp, operated: list[int], drugs: set[str], found: bool
) -> bool:
    """May this be open in this state, under these drugs?"""
    tag = item.occurrence.partition(":")[0]
    row = ROWS.get((item.rule, tag)) or ROWS[item.rule, ""]
    match row.counts_from:
        case "standing":
            return True
        case "surgery":
            mark = item.occurrence.rpartition(":")[2].partition("~")[0]
            is_last = len(operated) == 1 or mark == on(operated[-1]).isoformat()
            tiers: list[str | None] = ["any", "MALIGNANT", answer.risk_tier]
            in_state = not row.states or answer.state in row.states
            return is_last and in_state and row.tier in tiers
        case "state" | "low":
            return answer.state in row.states
        case "found":
            return found and not operated
        case "searching":
            return not found and not operated
        case "looking":
            return not found and (not operated or answer.state in ("PERSISTENT", "RECURRENT"))
        case "searching_treated":
            searching = not found and (not operated or answer.state in ("PERSISTENT", "RECURRENT"))
            return searching and "conventional" in drugs and BUROSUMAB not in drugs
        case "last_dose":
            return row.therapy not in drugs
    return row.therapy in drugs


def _found(standing: Iterable[Telling]) -> bool:
    stated = [one for one in standing if one.body["kind"] == "state"]
    last = max(stated, key=lambda one: (one.day, one.body["state"]), default=None)
    return last is not None and last.body["state"] == "LOCALIZED"


def taken(standing: Iterable[Telling]) -> set[str]:
    """Which classes of drugs are taken now? Of one day what begins is later than what ends."""
    running: dict[str, str] = {}
    on_burosumab, since = False, -1
    for one in sorted(standing, key=_turn):
        said = one.body
        interrupts = said["kind"] in ("surgery", "planned")
        if said.get("agent") == BUROSUMAB and ("given_on" in said or "started_on" in said):
            # What is stopped on the day it was given ended with that dose.
            on_burosumab = on_burosumab or one.day > since
        elif interrupts or said.get("agent") == BUROSUMAB:
            on_burosumab, since = False, one.day
        elif "started_on" in said:
            running[said["agent"]] = CLASSES[said["agent"]]
        elif "stopped_on" in said:
            running.pop(said["agent"], None)
    return {*running.values(), *([BUROSUMAB] if on_burosumab else [])}


def _turn(one: Telling) -> tuple[int, bool]:
    later = "stopped_on" if one.body.get("agent") == BUROSUMAB else "started_on"
    return one.day, later in one.body


def expect_the_past_to_stay(told: Told, before: int, now: FollowUp) -> None:
    """Whatever had ended by that day ended so; whatever was open is open or has ended since."""
    items = by_key(now)
    for key, item in by_key(told.until(before).answer(before)).items():
        assert key in items, ("lost", before, item)
        if item.status == "open":
            ended = items[key].ended_on
            assert ended is None or ended > on(before), ("ended before", before, item, items[key])
        else:
            assert end_of(items[key]) == end_of(item), ("changed", before, item, items[key])


def day_of(one: date) -> int:
    """Which day of the course is this?"""
    return (one - on(0)).days
