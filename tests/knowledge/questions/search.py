"""Of the search for the tumor."""

from datetime import timedelta
from decimal import Decimal

from knowledge.rules import field_of_view, imaging, scan_yield
from tests.knowledge.questions.things import DAY, figures


def days_allowed(what: str) -> int:
    """How many days may this step of the search take?"""
    return imaging.days_until_due(what, DAY)


def located(scores: list[int]) -> bool:
    """Is one candidate, otherwise convincing, the tumor at these scores?"""
    standings = [
        imaging.Standing((imaging.Point("any", score, "", "s", DAY),), True, True, False, True)
        for score in scores
    ]
    return imaging.has_leader(standings, DAY)


def sampling(scores: list[int]) -> bool:
    """Is venous sampling worth it?"""
    standings = [
        imaging.Standing((imaging.Point("any", score, "", "s", DAY),), True, True, False, True)
        for score in scores
    ]
    return imaging.sampling_indicated(standings, DAY)


def feature_points(features: list[str]) -> int:
    """How many points do these typical features give?"""
    how = imaging.Technique(imaging.Kind.ANATOMICAL)
    return imaging.standing([imaging.Reading("s", DAY, how, features=tuple(features))], DAY).score


def expected_yield(act: str, negative: list[str]) -> Decimal:
    """How likely does this test find the tumor after these negative ones?"""
    found = scan_yield.expected_yield(act, negative, DAY)
    assert found is not None
    return figures(found.expected, 4)


def complement(days: int) -> bool:
    """Do two partial scans so many days apart make a whole one?"""
    return field_of_view.complements(DAY, DAY + timedelta(days=days), DAY)
