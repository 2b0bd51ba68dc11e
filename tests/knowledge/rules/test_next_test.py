"""Which tests come next: their reasons, their acts and their visits."""

import pytest

from knowledge.rules import next_test
from knowledge.rules.classification import Classification
from knowledge.rules.next_test import STEPS, Step
from knowledge.rules.picture import Picture
from tests.knowledge.questions.things import DAY

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


EVERYTHING = frozenset(one for step in STEPS.values() for one in step.fields["order"])


def the_step(
    id: str, there: set[str] | None = None, drawn: set[str] | None = None, asked: bool = True
) -> Step | None:
    """This step, when these are known and those are drawn by an earlier step of the visit."""
    asked_for = EVERYTHING if asked else frozenset[str]()
    return next_test._step(
        id, False, asked_for, frozenset(there or ()), frozenset(drawn or ()), ("TIO", "XLH")
    )


def test_nothing_is_drawn_twice_at_the_first_visit_and_later_it_is_drawn_again() -> None:
    first, later = the_step("M-02", drawn={"s_creat"}), the_step("M-07", drawn={"s_fgf23_i"})

    assert first is not None
    assert "s_creat" not in first.order
    assert "s_alp" in first.order
    assert later is not None
    assert later.order == ("s_fgf23_i",)


def test_the_first_panel_is_whole_but_for_what_is_known_and_its_pair_is_always_drawn() -> None:
    panel = the_step("M-00", there={"s_phos", "s_creat", "s_alp"}, asked=False)

    assert panel is not None
    assert {"s_phos", "s_creat", "u_phos", "u_creat", "s_pth", "s_mg"} <= set(panel.order)
    assert "s_alp" not in panel.order


def test_a_repeat_is_drawn_although_it_is_known_and_other_steps_are_not() -> None:
    known = {"s_phos", "s_creat", "u_phos", "u_creat", "s_fgf23_i", "s_ferritin", "b_hb"}
    repeat = the_step("M-01", there=known)

    assert repeat is not None
    assert repeat.order == ("s_phos", "s_creat", "u_phos", "u_creat")
    assert the_step("M-05", there=known) is None
    assert the_step("M-05", asked=False) is None


def test_the_panel_of_genes_is_said_in_one_sentence() -> None:
    said, must_see = next_test._panel(), "copy-number change and PHEX 3'UTR c.*231A>G with the"

    assert said.startswith(f" It holds {', '.join(PANEL)}, OCRL, and must see {must_see} ")
    assert said.endswith(" of exons 13-15; in tissue of a lesion GNAS, HRAS, KRAS, NRAS.")


def test_a_visit_is_due_when_the_first_thing_done_at_it_is() -> None:
    steps = ordered("M-06", "M-01", "RF-03")

    assert {id: step.visit for id, step in steps.items()} == {"M-06": 1, "M-01": 1, "RF-03": 2}


def test_after_the_parathyroid_nothing_else_is_ordered_to_tell_causes_apart() -> None:
    picture = Picture(DAY, phosphate="persistent", history_asked=True, fgf23="MEDIATED")
    classed = Classification("TIO_UNLIKELY", "C-07", "PTH_DEPENDENT", None, (), ())

    steps = next_test.next_tests(picture, classed, ("TIO", "FANCONI_OTHER", "HHRH"))

    assert [step.id for step in steps] == ["C-07"]
