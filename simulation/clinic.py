"""Three scripted clinical services: they take everything, and conclude by a short script.

They speak the services' contracts, keep what they were told, answer a repeated call as before, and
conclude from all that is known, in whatever order it came. What is right for a patient is not
their subject: the real services and their own tests know that.
"""

import json
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from importlib.resources import files
from itertools import takewhile
from typing import Any
from uuid import UUID

from knowledge.terms.obligation import (
    Conclusion,
    Ladder,
    Obligation,
    ObligationStatus,
    Proposal,
)
from simulation.network import Answer, Asked
from simulation.processes import Process

CALENDAR: list[dict[str, Any]] = tomllib.loads(
    files("simulation").joinpath("clinic.toml").read_text("utf-8")
)["items"]
LOW, CRITICAL, WELL = 0.8, 0.3, 1.0
ENOUGH_LOW, ENOUGH_SCANS = 2, 3
AHEAD, BEHIND = timedelta(days=200), timedelta(days=400)
MISSED_AFTER = timedelta(days=75)
SCAN_WITHIN = timedelta(days=30)
SCANS = ("pet_ct", "spect_ct")
VERSION = "scripted"


@dataclass(slots=True)
class Record:
    """What one service was told of one journey; survives every crash."""

    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    concluded: dict[str, bytes] = field(default_factory=dict)
    operations: dict[str, dict[str, Any]] = field(default_factory=dict)
    first_asked: date | None = None

    def results(self) -> dict[str, dict[str, Any]]:
        """Each result in its last version: a correction takes the place of what it corrects."""
        found: dict[str, dict[str, Any]] = {}
        for said in self.told.values():
            for result in said.get("observations", ()):
                known = found.get(result["id"])
                if known is None or _rank(result) >= _rank(known):
                    found[result["id"]] = result
        return found

    def studies(self) -> list[dict[str, Any]]:
        """Every scan."""
        return [said for said in self.told.values() if said.get("modality") in SCANS]

    def surgery(self) -> list[date]:
        """The days of operations."""
        every = [*self.told.values(), *self.operations.values()]
        days = [_day(said["performed_at"]) for said in every if "margin" in said]
        return sorted(set(days))


class Clinic(Process):
    """One scripted service."""

    def __init__(self, name: str, conclude: Callable[[Record, UUID, datetime], Conclusion]) -> None:
        super().__init__(name)
        self.records: dict[str, Record] = {}
        self._conclude = conclude

    async def serve(self, asked: Asked) -> Answer:
        """One request."""
        parts = asked.path.strip("/").split("/")
        record = self.records.setdefault(parts[3], Record())
        said = json.loads(asked.body or b"{}")
        kind, id = (parts[4], parts[5]) if len(parts) > 5 else ("", parts[3])
        if kind in ("assessments", "conclusions"):
            return 200, self._concluded(record, id, said["as_of"])
        if kind == "resections":
            record.operations[id] = {"margin": "", **said}
        elif kind:
            record.told[id] = said
        return 200, _taken(self.name, parts[3])

    def _concluded(self, record: Record, id: str, as_of: str) -> bytes:
        if id not in record.concluded:
            at = datetime.fromisoformat(as_of)
            if record.first_asked is None:
                record.first_asked = at.date()
            said = self._conclude(record, UUID(id), at)
            record.concluded[id] = said.model_dump_json().encode()
        return record.concluded[id]


def clinics() -> list[Clinic]:
    """The three of them."""
    return [
        Clinic("assessment", assess),
        Clinic("localization", localize),
        Clinic("followup", follow_up),
    ]


def assess(record: Record, id: UUID, at: datetime) -> Conclusion:
    """Low twice: look for a tumor. Low once: test again."""
    low = [one for one in record.results().values() if _phosphate(one) < LOW]
    enough = len({one["taken_at"][:10] for one in low}) >= ENOUGH_LOW
    assert record.first_asked is not None
    again = Obligation(
        rule="SIM-A1",
        occurrence="1",
        act="s_phos",
        opens=record.first_asked,
        due=record.first_asked + timedelta(days=14),
        ladder=Ladder.LAB,
        status=ObligationStatus.DONE if enough else ObligationStatus.OPEN,
    )
    return _conclusion(
        "assessment",
        id,
        at,
        "TIO_PROBABLE" if enough else "INDETERMINATE",
        Proposal.LOCALIZE if enough else Proposal.NONE,
        (again,),
    )


def localize(record: Record, id: UUID, at: datetime) -> Conclusion:
    """Scan until one shows something, or until that is enough."""
    since = max(record.surgery(), default=date.min)
    scans = sorted(_day(one["performed_at"]) for one in record.studies())
    scans = [day for day in scans if day > since]
    seen = any(one.get("lesions") for one in record.studies() if _day(one["performed_at"]) > since)
    assert record.first_asked is not None
    start = max(scans[-1] if scans else record.first_asked, since)
    done = seen or len(scans) >= ENOUGH_SCANS
    owed = [
        Obligation(
            rule="SIM-L1",
            occurrence=f"{since.isoformat()}/{number + 1}",
            act="sstr_pet_ct",
            opens=day - SCAN_WITHIN,
            due=day,
            ladder=Ladder.IMAGING,
            status=ObligationStatus.DONE,
        )
        for number, day in enumerate(scans)
    ]
    if not done:
        owed.append(
            Obligation(
                rule="SIM-L1",
                occurrence=f"{since.isoformat()}/{len(scans) + 1}",
                act="sstr_pet_ct",
                opens=start,
                due=start + SCAN_WITHIN,
                ladder=Ladder.IMAGING,
            )
        )
    proposal = Proposal.OPERATE if seen else Proposal.TREAT_MEDICALLY if done else Proposal.NONE
    state = "LOCALIZED" if seen else "NOT_LOCALIZED" if done else "SEARCHING"
    return _conclusion("localization", id, at, state, proposal, tuple(owed))


def follow_up(record: Record, id: UUID, at: datetime) -> Conclusion:
    """The calendar, what of it was done, and whether phosphate is low again."""
    assert record.first_asked is not None
    operations = record.surgery()
    anchor = "surgery" if operations else "medical"
    start = operations[-1] if operations else record.first_asked
    owed = [
        _owed(record, item, day, at.date())
        for item in CALENDAR
        if item["anchor"] == anchor
        for day in takewhile(lambda day: day <= at.date() + AHEAD, _days(item, start))
        if at.date() - BEHIND <= day
    ]
    owed += _alarms(record, at.date())
    newest = max(
        (one for one in record.results().values() if one.get("analyte") == "s_phos"),
        key=lambda one: (one["taken_at"], one["id"]),
        default=None,
    )
    low = (
        newest is not None
        and _phosphate(newest) < LOW
        and bool(operations)
        and _day(newest["taken_at"]) > start + timedelta(days=30)
    )
    state = "RECURRENT" if low else "REMISSION" if operations else "NOT_LOCALIZED"
    opens = [one.opens for one in owed if one.opens > at.date()]
    return _conclusion(
        "followup",
        id,
        at,
        state,
        Proposal.LOOK_AGAIN if low else Proposal.NONE,
        tuple(owed),
        min(opens, default=None),
    )


def _owed(record: Record, item: dict[str, Any], day: date, today: date) -> Obligation:
    opens, closes = (day + timedelta(days=sign * item["window"]) for sign in (-1, 1))
    last = closes + MISSED_AFTER
    done = any(opens <= made <= last for made in _made(record, item["act"]))
    status = ObligationStatus.OPEN
    if done:
        status = ObligationStatus.DONE
    elif today > last:
        status = ObligationStatus.MISSED
    return Obligation(
        rule=item["rule"],
        occurrence=day.isoformat(),
        act=item["act"],
        opens=opens,
        due=day,
        closes=closes,
        ladder=Ladder(item["ladder"]),
        status=status,
        because="" if status is not ObligationStatus.MISSED else "nobody came",
    )


def _alarms(record: Record, today: date) -> list[Obligation]:
    """What cannot wait until the morning."""
    return [
        Obligation(
            rule="SIM-CRIT",
            occurrence=id,
            act="s_phos",
            opens=_day(one["taken_at"]),
            due=_day(one["taken_at"]),
            ladder=Ladder.CRITICAL,
        )
        for id, one in sorted(record.results().items())
        if _phosphate(one) < CRITICAL and today - _day(one["taken_at"]) < BEHIND
    ]


def _made(record: Record, act: str) -> list[date]:
    if act == "sstr_pet_ct":
        return [_day(said["performed_at"]) for said in record.studies()]
    if act == "dxa":
        done = (said for said in record.told.values() if said.get("act") == act)
        return [_day(said["performed_at"]) for said in done]
    return [_day(one["taken_at"]) for one in record.results().values()]


def _days(item: dict[str, Any], start: date) -> Iterator[date]:
    if "days" in item:
        yield from (start + timedelta(days=day) for day in item["days"])
        return
    day = item["first"]
    while day <= item.get("until", 36_500) or "then" in item:
        yield start + timedelta(days=day)
        day += item["every"] if day < item.get("until", 36_500) else item["then"]
        if day > 36_500:
            return


def _conclusion(
    service: str,
    id: UUID,
    at: datetime,
    state: str,
    proposal: Proposal,
    owed: tuple[Obligation, ...],
    look_again: date | None = None,
) -> Conclusion:
    return Conclusion(
        id=id,
        service=service,
        state=state,
        proposal=proposal,
        concluded_at=at,
        obligations=owed,
        knowledge_version=VERSION,
        look_again=look_again,
    )


def _phosphate(result: dict[str, Any]) -> float:
    """In mmol/L; another analyte is never low."""
    return float(result["value"]) if result.get("analyte") == "s_phos" else WELL


def _rank(result: dict[str, Any]) -> int:
    return int(result.get("status", "final") in ("corrected", "amended"))


def _day(at: str) -> date:
    return date.fromisoformat(at[:10])


def _taken(service: str, record: str) -> bytes:
    """That it was kept, in the words of each contract."""
    if service == "assessment":
        return b'{"accepted": []}'
    shared: dict[str, Any] = {
        "state": "",
        "fired_rules": [],
        "caveats": [],
        "knowledge_version": VERSION,
        "id": record,
        "as_of": "2026-01-01T00:00:00Z",
    }
    if service == "localization":
        ledger = {"entries": [], "total_msv": 0}
        return json.dumps(
            shared | {"candidates": [], "next_steps": [], "dose_ledger": ledger}
        ).encode()
    names = ("flags", "risk_reasons", "schedule", "alerts", "rejected")
    nothing: dict[str, Any] = {name: [] for name in names}
    return json.dumps(shared | nothing | {"since": None, "risk_tier": None}).encode()
