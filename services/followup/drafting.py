"""How a proposal is written down: its id, its rule with sources, its stops, its arithmetic."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from knowledge import shelf
from knowledge.rules.burosumab import Dose
from knowledge.terms.finding import ReadStatus
from knowledge.terms.stop import Stop
from knowledge.vouching import STRENGTH
from services.followup.contract import FiredRule
from services.followup.proposed import Halt, Kind, OtherDose, TreatmentProposal

OF_ALERTS = "MON-"
"""Rules that an alert tells of; a stop only names them."""


@dataclass(slots=True)
class Draft:
    """What is proposed for one plan, as it grows."""

    plan: UUID
    doses: list[TreatmentProposal] = field(default_factory=list)
    choices: list[TreatmentProposal] = field(default_factory=list)
    stops: list[Halt] = field(default_factory=list)
    turns_on: date | None = None
    """From which day does time alone make another proposal of it?"""

    def fired(self) -> list[FiredRule]:
        """Which rules of treatment spoke?"""
        because: dict[str, list[str]] = {}
        for proposal in (*self.choices, *self.doses):
            because.setdefault(proposal.rule, []).extend(proposal.because)
            for halt in (*proposal.hard_stops, *proposal.soft_stops):
                because.setdefault(halt.rule, []).extend(halt.because)
        for halt in self.stops:
            because.setdefault(halt.rule, []).extend(halt.because)
        own = {rule: ids for rule, ids in because.items() if not rule.startswith(OF_ALERTS)}
        return [_fired(rule, dict.fromkeys(ids)) for rule, ids in own.items()]


def proposal_id(plan: UUID, rule: str, occasion: str) -> UUID:
    """Under which id is this proposal known? The same for plan, rule and occasion."""
    return uuid5(plan, f"{rule}/{occasion}")


def proposal(
    plan: UUID,
    rule: str,
    occasion: str,
    kind: Kind,
    text: str,
    *,
    stops: Iterable[Stop] = (),
    worked_out: Dose | None = None,
    others: Sequence[Dose] = (),
    missing: Sequence[str] = (),
    sources: Sequence[str] = (),
    read_status: ReadStatus | None = None,
    halts_read: ReadStatus | None = None,
    **more: Any,
) -> TreatmentProposal:
    """One proposal, with where its rule and its numbers stand."""
    known = shelf.rules()[rule]
    halts = [halt(stop, halts_read) for stop in stops]
    read = [known.read_status, *([read_status] if read_status else [])]
    cited = [*known.sources, *sources]
    if worked_out is not None:
        read += [worked_out.read_status] if worked_out.cells else []
        cited += worked_out.sources
        more |= {"dose": worked_out.mg, "dose_unit": "mg", "every_days": worked_out.every_days}
        more["arithmetic"] = list(worked_out.arithmetic)
        missing = (*missing, *worked_out.missing)
    return TreatmentProposal(
        id=proposal_id(plan, rule, occasion),
        rule=rule,
        occasion=occasion,
        kind=kind,
        text=text,
        hard_stops=[one for one in halts if one.hard],
        soft_stops=[one for one in halts if not one.hard],
        missing=list(missing),
        other_doses=[_other(one) for one in others if one.mg is not None],
        sources=list(dict.fromkeys(cited)),
        read_status=max(read, key=STRENGTH.index),
        **more,
    )


def halt(stop: Stop, at_best: ReadStatus | None = None) -> Halt:
    """A stop with where its rule stands, read no further than `at_best`."""
    known = shelf.rules()[stop.rule]
    read = [known.read_status, *([at_best] if at_best else [])]
    return Halt(
        rule=stop.rule,
        code=stop.code,
        text=stop.text,
        hard=stop.hard,
        until=stop.until,
        because=list(stop.because),
        sources=list(known.sources),
        read_status=max(read, key=STRENGTH.index),
    )


def _other(dose: Dose) -> OtherDose:
    assert dose.mg is not None
    return OtherDose(
        dose=dose.mg,
        dose_unit="mg",
        every_days=dose.every_days,
        arithmetic=list(dose.arithmetic),
    )


def _fired(rule: str, because: Iterable[str]) -> FiredRule:
    known = shelf.rules()[rule]
    return FiredRule(
        id=rule,
        conclusion=known.conclusion,
        strength=known.strength,
        sources=list(known.sources),
        read_status=known.read_status,
        because=list(because),
    )
