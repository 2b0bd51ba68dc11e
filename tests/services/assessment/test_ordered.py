"""Which analytes each step orders: the clinical specification 3.3, M-01 to M-05."""

from typing import Any

from services.assessment.assess import assess
from services.assessment.contract import EvaluateRequest
from tests.services.assessment.vectors import an_observation

PAIR = {"s_phos": 0.45, "s_creat": 60, "u_phos": 20, "u_creat": 8}
"""Vector T1."""


def ordered(*more: dict[str, Any], pair: bool = True, **said: Any) -> dict[str, set[str]]:
    """What is ordered for a woman of 46 with two low phosphates, by step?"""
    drawn = [an_observation("s_phos", 0.48, 34)]
    drawn += [an_observation(key, value, 20, collection_id="p") for key, value in PAIR.items()]
    sent = [
        {**one, "id": f"o{n}"} for n, one in enumerate([*(drawn if pair else drawn[:2]), *more])
    ]
    body = {
        "patient": {"sex": "female", "age_years": 46},
        "as_of": "2026-03-02T09:00:00Z",
        "observations": sent,
        "findings": {"bone_pain": True},
        "drug_exposures": [],
        "iv_iron": [],
        **said,
    }
    answer = assess(EvaluateRequest.model_validate(body))
    return {step.step: set(step.order) for step in answer.next_tests}


def test_wasting_that_is_shown_asks_for_minerals_calcitriol_and_fgf23() -> None:
    steps = ordered()

    assert steps["M-02"] == {"s_alp", "s_ca", "s_alb", "s_mg", "s_pth", "s_25ohd"}
    assert steps["M-04"] >= {"s_125d", "u_ca"}
    assert steps["M-05"] == {"s_fgf23_i", "s_ferritin", "b_hb"}
    assert "M-03" not in steps


def test_without_a_pair_the_pair_comes_first() -> None:
    assert ordered(pair=False)["M-01"] == {"s_phos", "s_creat", "u_phos", "u_creat"}


def test_a_drug_of_the_tubule_asks_for_its_markers() -> None:
    steps = ordered(drug_exposures=[{"agent": "adefovir"}])

    assert steps["M-03"] == {"u_glu", "s_glu", "s_hco3", "s_urate", "s_k", "u_aa", "u_lmwp"}


def test_a_suppressed_fgf23_asks_for_the_markers_too() -> None:
    steps = ordered(an_observation("s_fgf23_i", 12, 20))

    assert {"u_glu", "s_hco3", "s_urate"} <= steps["M-03"]


def test_what_is_known_is_not_ordered_again() -> None:
    known = {"s_alp": 260, "s_ca": 2.25, "s_alb": 40, "s_mg": 0.9, "s_pth": 4, "s_25ohd": 55}
    steps = ordered(*(an_observation(key, value, 20) for key, value in known.items()))

    assert "M-02" not in steps


def test_calcium_is_known_by_any_of_its_results_and_its_loss_by_a_day_of_urine() -> None:
    ionised = ordered(an_observation("s_ca_ion", 1.2, 20))
    assert not {"s_ca", "s_alb"} & ionised["M-02"]

    day = ordered(an_observation("u_ca_24h", 3, 20))
    assert "u_ca" not in day.get("M-04", set())


def test_an_fgf23_that_cannot_be_read_is_ordered_again() -> None:
    unread = ordered(an_observation("s_fgf23_i", 60, 20, assay="a kit of their own"))
    assert "s_fgf23_i" in unread["M-05"]

    raised = ordered(an_observation("s_fgf23_c", 790, 20))
    assert "s_fgf23_i" in raised["M-05"]


def test_a_high_calcium_with_pth_is_confirmed_once() -> None:
    high = [an_observation("s_ca_adj", 2.72, 20), an_observation("s_pth", 15, 20)]
    assert "P-01" in ordered(*high)
    assert "P-01" not in ordered(*high, an_observation("s_ca_adj", 2.72, 3))
    assert "P-01" not in ordered(an_observation("s_ca_adj", 2.3, 20), high[1])


def test_pseudofractures_are_looked_for_once_it_persists_and_nobody_has() -> None:
    assert "M-09" in ordered()
    assert "M-09" not in ordered(findings={"bone_pain": True, "fractures": False})


def test_an_equivocal_pair_is_repeated_and_a_clear_one_is_not() -> None:
    assert "M-01" not in ordered()

    equivocal = ordered(
        an_observation("tmp_gfr", 0.75, 20), an_observation("fepo4", 8, 20), pair=False
    )
    assert "M-01" in equivocal
