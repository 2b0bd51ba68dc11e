"""Which tests tell causes apart: the compact matrix of assessment.md 3.2 X."""

import pytest

from knowledge.rules import telling_apart as rule


@pytest.mark.parametrize(
    ("cause", "test", "may_be"),
    [
        ("TIO", "fgf23", {"up", "normal"}),
        ("TIO", "s_ca", {"normal"}),
        ("HHRH", "s_125d", {"up"}),
        ("HHRH", "fgf23", {"normal", "down"}),
        ("FANCONI_OTHER", "tubular", {"yes"}),
        ("VITAMIN_D_DEFICIENCY", "fgf23", {"down"}),
        ("MALABSORPTION", "fepo4", {"down"}),
    ],
)
def test_a_disorder_may_show_what_the_matrix_says(cause: str, test: str, may_be: set[str]) -> None:
    assert rule._results()[cause][test] == may_be


@pytest.mark.parametrize(
    ("order", "measured", "complete"),
    [
        (("s_ca", "s_alb"), (), {"s_ca"}),
        (("s_ca",), ("s_alb",), {"s_ca"}),
        (("s_ca",), (), set()),  # calcium without albumin decides nothing
        (("s_pth",), ("s_ca", "s_alb"), {"s_pth"}),  # what is there already is not ordered
        (("u_phos", "u_creat"), ("s_phos", "s_creat"), {"fepo4"}),
        ((), ("s_pth",), set()),
    ],
)
def test_an_order_makes_a_test_complete_with_what_is_there(
    order: tuple[str, ...], measured: tuple[str, ...], complete: set[str]
) -> None:
    assert rule.columns_of(order, frozenset(measured)) == complete
