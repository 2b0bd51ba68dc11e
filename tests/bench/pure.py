"""What do the verbs cost one core, without any service around them?"""

import time

from services.assessment.assess import assess
from services.assessment.contract import EvaluateRequest
from services.followup.contract import PlanRequest
from services.followup.follow_up import follow_up
from tests.bench.follow_ups import thirty_years
from tests.bench.panels import panels

ROUNDS, ROUNDS_OF_A_PLAN = 8, 30
AIM, AIM_OF_A_PLAN_MS = 5000, 20


def requests() -> list[EvaluateRequest]:
    """The panels as the verb gets them."""
    return [EvaluateRequest.model_validate(panel) for panel in panels()]


def seconds(asked: list[EvaluateRequest]) -> float:
    """How much processor time does it take to assess each of these once?"""
    began = time.process_time()
    for request in asked:
        assess(request)
    return time.process_time() - began


def throughput() -> dict[str, float]:
    """Panels a second, over two hundred different ones."""
    asked = requests()
    best = min(seconds(asked) for _ in range(ROUNDS))
    return {"panels_per_s": round(len(asked) / best), "observations_each": 20, "aim": AIM}


def long_plan() -> dict[str, float]:
    """Milliseconds of processor time to follow up thirty years with five hundred events."""
    body = thirty_years()
    request = PlanRequest.model_validate(body)
    assert request.as_of is not None
    best = float("inf")
    for _ in range(ROUNDS_OF_A_PLAN):
        began = time.process_time()
        follow_up(request, request.as_of)
        best = min(best, time.process_time() - began)
    return {
        "events": len(body["history"]),
        "milliseconds": round(best * 1000, 2),
        "aim_below": AIM_OF_A_PLAN_MS,
    }
