"""What a gene panel explains, and what it speaks against."""

import pytest

from knowledge.rules import genetics
from knowledge.rules.genetics import GeneResult, explained_by, panel_negative, spoken_against

OF_DISEASE = {
    "XLH": ["PHEX"],
    "ADHR": ["FGF23"],
    "ARHR": ["DMP1", "ENPP1", "FAM20C"],
    "HHRH": ["SLC34A3", "SLC34A1"],
    "DENT": ["CLCN5", "OCRL"],
}
"""By the clinical specification 3.2: X-05 to X-07, D-01 and D-03."""


def results(*genes: str, result: str = "negative") -> list[GeneResult]:
    """The same result for each of these genes."""
    return [GeneResult(gene, result) for gene in genes]


@pytest.mark.parametrize("disease", OF_DISEASE)
def test_a_disease_has_all_of_its_germline_genes_and_no_others(disease: str) -> None:
    of_disease = genetics._of_disease()

    assert of_disease[disease] == set(OF_DISEASE[disease])
    assert not {"GNAS", "HRAS", "KRAS", "NRAS"} & frozenset().union(*of_disease.values())


@pytest.mark.parametrize("disease", OF_DISEASE)
def test_a_disease_is_spoken_against_when_all_of_its_genes_are_negative(disease: str) -> None:
    *others, last = OF_DISEASE[disease]

    assert f"not_{disease}" in spoken_against(results(*others, last))
    assert f"not_{disease}" not in spoken_against(results(*others))
    assert not spoken_against(results(*others, last, result="uncertain"))


@pytest.mark.parametrize("disease", OF_DISEASE)
def test_a_pathogenic_variant_explains_the_disease_of_its_gene(disease: str) -> None:
    for gene in OF_DISEASE[disease]:
        found = explained_by(results(gene, result="likely_pathogenic"))
        assert found is not None
        assert (found.gene, found.diagnosis) == (gene, disease)


def test_genes_of_lesions_are_not_spoken_against_by_blood() -> None:
    assert not spoken_against(results("GNAS", "HRAS", "KRAS", "NRAS"))


def test_a_panel_is_negative_when_the_genes_of_inherited_fgf23_excess_were_looked_at() -> None:
    settling = ("PHEX", "FGF23", "DMP1", "ENPP1")

    assert panel_negative(results(*settling))
    assert not panel_negative(results(*settling[1:]))
    assert not panel_negative([*results(*settling), GeneResult("CLCN5", "pathogenic")])
    assert panel_negative([*results(*settling), GeneResult("CLCN5", "uncertain")])
    assert not panel_negative([])
