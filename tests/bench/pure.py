"""How many panels of twenty results does one core assess in a second, without any service?"""

import time

from services.assessment.assess import assess
from services.assessment.contract import EvaluateRequest
from tests.bench.panels import panels

ROUNDS = 8
AIM = 5000


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
