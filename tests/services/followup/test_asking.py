"""Which proposals wait for a prescriber, day by day: asked once, ended once, never with a dose."""

import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from uuid import NAMESPACE_OID, uuid4

import pytest

from knowledge.terms.acts import ACTS
from knowledge.terms.obligation import Conclusion, Obligation
from services.followup.asking import ACT, Answered, Before
from services.followup.contract import PlanRequest
from services.followup.follow_up import conclude, follow_up
from tests.services.followup.test_treatment import the_results

CASES = tomllib.loads(Path(__file__).with_name("asking.toml").read_text("utf-8"))["case"]


@dataclass
class Prescriber:
    """Somebody who is asked, answers, and is asked again with what was asked before."""

    case: dict[str, Any]
    history: list[dict[str, Any]] = field(default_factory=list)
    before: Before = field(default_factory=Before)
    asked: list[Obligation] = field(default_factory=list)

    def live(self, step: dict[str, Any]) -> list[str]:
        """What the journey hears of decisions on this day, after what is told on it."""
        self.history += step.get("events", [])
        if "results" in step:
            weight = {"findings": {"weight_kg": step["weight_kg"]}} if "weight_kg" in step else {}
            told = the_results(step["on"], step["results"])
            self.history.append({"kind": "observations"} | told | weight)
        self.asked = self.conclude(step["on"])
        return [said(one) for one in self.asked]

    def conclude(self, on: str) -> list[Obligation]:
        """What is asked on this day."""
        request, as_of = self._request(), _noon(on)
        concluded: Conclusion = conclude(uuid4(), request, as_of, NAMESPACE_OID, self.before)
        return [one for one in concluded.obligations if one.act == ACT]

    def answer(self, step: dict[str, Any]) -> None:
        """The answers of this day, which the next conclusion knows."""
        answers = list(self.before.answers)
        answer = follow_up(self._request(), _noon(step["on"]), NAMESPACE_OID)
        for rule, word in step.get("answers", {}).items():
            [one] = [
                p for p in (*answer.treatment_proposals, *answer.dose_proposals) if p.rule == rule
            ]
            said: Literal["accepted", "refused"] = word
            answers.append(Answered(one, said))
        for rule, (disposition, reason) in step.get("ends", {}).items():
            [question] = [one for one in self.asked if one.rule == rule]
            key = {"rule": rule, "occurrence": question.occurrence, "noted_on": step["on"]}
            ending = {"kind": "disposition", "disposition": disposition, "reason": reason}
            self.history.append(ending | key)
        self.before = Before(answers, self.asked)

    def _request(self) -> PlanRequest:
        about = {name: self.case[name] for name in ("patient", "label_profile")}
        return PlanRequest.model_validate(about | {"history": self.history})


def _noon(on: str) -> datetime:
    return datetime.fromisoformat(on).replace(hour=12, tzinfo=UTC)


def said(one: Obligation) -> str:
    """A question without the mark of what is proposed; if it was cancelled, with the reason."""
    occasion, mark, *turn = one.occurrence.split(" ")
    assert mark.isalnum()
    why = [f"({one.because})"] if one.status == "cancelled" else []
    return " ".join([one.rule, occasion, *turn, one.status, one.due.isoformat(), *why])


def is_open(asked: list[Obligation]) -> list[Obligation]:
    """What waits for an answer."""
    return [one for one in asked if one.status == "open"]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES])
def test_a_prescriber_is_asked(case: dict[str, Any]) -> None:
    prescriber = Prescriber(case)
    for step in case["steps"]:
        assert prescriber.live(step) == step["asked"], step["on"]
        prescriber.answer(step)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES])
def test_asked_twice_it_is_one_question(case: dict[str, Any]) -> None:
    prescriber = Prescriber(case)
    for step in case["steps"]:
        prescriber.live(step)
        keys = [(one.rule, one.occurrence) for one in prescriber.asked]
        assert len(set(keys)) == len(keys)
        first = prescriber.asked
        prescriber.answer({"on": step["on"]})
        again = prescriber.conclude(step["on"])
        assert [one for one in again if one not in first] == []
        assert is_open(again) == is_open(first)
        prescriber.answer(step)


def test_people_are_told_what_to_do_in_words() -> None:
    assert ACT in ACTS
