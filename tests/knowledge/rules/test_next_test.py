"""Which tests come next: their reasons, their acts and their visits."""

import pytest

from knowledge.rules import next_test
from knowledge.rules.next_test import STEPS, Step

PANEL = (
    *("ALPL", "CLCN5", "CYP27B1", "CYP2R1", "DMP1", "ENPP1", "FAH", "FAM20C", "FGF23", "FGFR1"),
    *("PHEX", "SLC34A3", "VDR", "SLC34A1", "KL"),
)
"""The clinical specification 3.2, G."""


def ordered(*ids: str, severe: bool = False) -> dict[str, Step]:
    """These steps, with nothing measured yet."""
    needed = frozenset(one for id in ids for one in STEPS[id].fields["order"])
    steps = next_test._steps(frozenset(ids), (), severe, needed, frozenset())
    return {step.id: step for step in steps}


@pytest.mark.parametrize("id", STEPS)
def test_a_step_says_what_is_done_and_why(id: str) -> None:
    step = ordered(id)[id]

    assert step.act == STEPS[id].fields["act"]
    assert step.because.startswith(STEPS[id].fields["because"])
    assert step.visit == 1
    assert (step.because == STEPS[id].fields["because"]) is (id != "M-08")


def test_the_gene_panel_names_its_genes_and_what_it_must_see() -> None:
    said = ordered("M-08")["M-08"].because

    assert f"It holds {', '.join(PANEL)}" in said
    assert "copy-number change and PHEX 3'UTR c.*231A>G" in said
    assert "in tissue of a lesion GNAS, HRAS, KRAS, NRAS." in said


def test_what_can_be_done_at_one_visit_shares_its_number_and_the_soonest_comes_first() -> None:
    steps = ordered("M-01", "M-04", "M-07", "N-03")

    visits = {id: step.visit for id, step in steps.items()}
    assert visits == {"M-01": 1, "M-04": 1, "M-07": 2, "N-03": 3}
