"""What the reference cases are answered, and what was approved or recorded for them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from knowledge.edition import KNOWLEDGE_VERSION
from knowledge.reference_cases import ReferenceCase, reference_cases
from tio.knowledge.saying import HOME, toml

Summary = dict[str, Any]

PLACE = "reference_cases/approved.toml"
APPROVED, RECORDED = "approved", "recorded, awaiting clinical approval"
LEADING = 3
HEAD = """\
# What the reference cases were answered, and who approved that. Written by `tio knowledge approve`,
# never by hand: a change of any answer makes `tio knowledge check` fail until two people have
# approved the new ones, or they are recorded as still waiting for them.

"""


@dataclass(frozen=True, slots=True)
class Approved:
    """The answers that hold until somebody approves others."""

    edition: str
    status: str
    approved_by: tuple[str, ...]
    on: date
    answers: Mapping[str, Summary]

    @property
    def says(self) -> str:
        """How far these answers can be relied on, in one line."""
        count = f"{len(self.answers)} answered as"
        if self.status != APPROVED:
            return f"{count} {self.status} (edition {self.edition})"
        return f"{count} approved by {' and '.join(self.approved_by)} on {self.on} ({self.edition})"


def summary(answer: Mapping[str, Any]) -> Summary:
    """What of an answer has to be approved, or counts as another answer."""
    return {
        "class": answer["class"],
        "mechanism": answer["mechanism"],
        "urgent": answer["urgent"],
        "differential": [cause["diagnosis"] for cause in answer["differential"][:LEADING]],
        "next_tests": [step["step"] for step in answer["next_tests"]],
        "rejected": [refused["observation"] for refused in answer["rejected"]],
        "rules": [rule["id"] for rule in answer["fired_rules"]],
    }


def answer(case: ReferenceCase) -> Summary:
    """What is this case answered by these tables?"""
    from pydantic import TypeAdapter

    from services.assessment.assess import assess
    from services.assessment.contract import Assessment, EvaluateRequest

    found = assess(EvaluateRequest.model_validate(case.request))
    return summary(TypeAdapter(Assessment).dump_python(found, mode="json", by_alias=True))


def answers_now() -> dict[str, Summary]:
    """What is every reference case answered by these tables?"""
    return {case.id: answer(case) for case in reference_cases()}


def approved() -> Approved:
    """What was approved or recorded last."""
    said = tomllib.loads((HOME / PLACE).read_text("utf-8"))
    return Approved(
        said["edition"], said["status"], tuple(said["approved_by"]), said["on"], said["answers"]
    )


def keep(answers: Mapping[str, Summary], by: list[str], on: date) -> Approved:
    """Write down these answers, and who approved them."""
    status = APPROVED if by else RECORDED
    head = {"edition": KNOWLEDGE_VERSION, "status": status, "approved_by": by, "on": on}
    parts = [f'\n[answers."{id}"]\n{toml(answer)}' for id, answer in answers.items()]
    (HOME / PLACE).write_text(HEAD + toml(head) + "".join(parts), "utf-8")
    return approved()


def problems() -> list[str]:
    """Which reference cases are answered otherwise than was approved, and how?"""
    if not (HOME / PLACE).exists():
        return ["no reference case has an answer: tio knowledge approve --by A --by B"]
    known, now = approved().answers, answers_now()
    found = [f"reference case {id} is no more" for id in known if id not in now]
    for id, answer in now.items():
        if id not in known:
            found.append(f"reference case {id} is new")
            continue
        changes = [
            f"{name} {_said(known[id].get(name))} -> {_said(answer[name])}"
            for name in answer
            if known[id].get(name) != answer[name]
        ]
        if changes:
            found.append(f"reference case {id} is answered otherwise: {'; '.join(changes)}")
    if found:
        found.append("must be re-approved: tio knowledge approve --by A --by B")
    return found


def _said(value: object) -> str:
    return ", ".join(value) or "none" if isinstance(value, list) else str(value)
