"""Reads the cases of localization: what is asked, and what is to be answered."""

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from services.localization.contract import Plan, PlanRequest

HERE = Path(__file__).parent
AS_OF = datetime(2026, 3, 1, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """One case: a request in words of the contract, and what the answer has to say."""

    name: str
    request: PlanRequest
    expect: dict[str, Any]
    rule: str | None
    fires: bool | None

    def body(self) -> dict[str, Any]:
        """The request as it is sent."""
        return self.request.model_dump(mode="json", exclude_defaults=True)


@cache
def things() -> dict[str, Any]:
    """The building blocks."""
    return tomllib.loads((HERE / "things.toml").read_text("utf-8"))


def cases(file: str) -> list[Case]:
    """Every case of this file."""
    content = tomllib.loads((HERE / file).read_text("utf-8"))
    return [a_case(block) for block in content["case"]]


def a_case(block: dict[str, Any]) -> Case:
    """A case as it is written; examined in full and confirmed, unless it says otherwise."""
    said: dict[str, Any] = {
        "as_of": block.get("as_of", AS_OF.isoformat()),
        "biochemistry_confirmed": True,
        "examination": "complete",
    } | block.get("request", {})
    if said["examination"] == "none":
        del said["examination"]
    else:
        said["examination"] = built("examinations", said["examination"])
    said["studies"] = [_study(study) for study in said.get("studies", ())]
    return Case(
        name=block["name"],
        request=PlanRequest.model_validate(said),
        expect=block.get("expect", {}),
        rule=block.get("rule"),
        fires=block.get("fires"),
    )


def built(kind: str, said: Any) -> dict[str, Any]:
    """A building block by its name, or one with parts changed."""
    if isinstance(said, str):
        return dict(things()[kind][said])
    block = dict(said)
    base = dict(things()[kind][block.pop("use")]) if "use" in block else {}
    if "areas" in block:
        block["areas"] = base.get("areas", {}) | block["areas"]
    return base | block


def _study(said: Any) -> dict[str, Any]:
    study = built("studies", said)
    study["lesions"] = [built("lesions", lesion) for lesion in study.get("lesions", ())]
    return study


def said_by(plan: Plan) -> dict[str, Any]:
    """What a plan says, in the words of the expectations."""
    steps = [f"{step.rule} {step.act}" for step in plan.next_steps]
    first = plan.next_steps[0] if plan.next_steps else None
    shown = first.expected_yield if first else None
    return {
        "state": plan.state,
        "steps": steps,
        "first": steps[0] if steps else "",
        "open": [f"{s.rule} {s.act}" for s in plan.next_steps if not s.gates],
        "blocked": {s.act: [g.rule for g in s.gates] for s in plan.next_steps if s.gates},
        "until": {s.act: g.until.isoformat() for s in plan.next_steps for g in s.gates if g.until},
        "missing": first.missing if first else [],
        "modalities": first.modalities if first else [],
        "wait_days": first.wait_days if first else None,
        "about": shown.about if shown else None,
        "said": shown.said if shown else None,
        "scores": {c.site_name: c.score for c in plan.candidates if c.rank},
        "points": {c.site_name: [p.item for p in c.points] for c in plan.candidates},
        "refuted": [c.site_name for c in plan.candidates if c.status == "REFUTED"],
        "verdicts": {asked.asked: asked.verdict for asked in plan.requested},
        "requested_until": [
            g.until.isoformat() for asked in plan.requested for g in asked.gates if g.until
        ],
        "overridden": [o.rule for step in plan.next_steps for o in step.overridden],
        "warnings": sorted({w.rule for step in plan.next_steps for w in step.warnings}),
        "later": {a.test or a.act: a.rule for a in plan.later},
        "fgf23": [result.interpretation for result in plan.fgf23],
        "ratios": [
            round(float(s.highest_ratio), 2) for s in plan.venous_sampling if s.highest_ratio
        ],
        "readable": [s.interpretation for s in plan.venous_sampling],
        "due": plan.re_look.due.isoformat() if plan.re_look else None,
        "look": plan.re_look.acts if plan.re_look else [],
        "review": plan.re_look.review if plan.re_look else None,
        "confidence": [scan.confidence for scan in plan.coverage],
        "biopsy": [c.biopsy.advice if c.biopsy else None for c in plan.candidates],
        "nursing_hours": {a.test: a.hours for a in plan.nursing},
    }


def fired(plan: Plan) -> set[str]:
    """Which rules spoke?"""
    return {rule.id for rule in plan.fired_rules}
