"""One table of drugs: a name means the same wherever it is read."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from knowledge.rules import (
    drugs,
    exposures,
    follow_up_safety,
    masking,
    surveillance_therapies,
    treatment_choice,
)

NAMED = tomllib.loads(Path(__file__).with_name("drugs.toml").read_text("utf-8"))["named"]
RAISES = {"treats_phosphate", "binds_fgf23"}


@pytest.mark.parametrize(
    ("agent", "meant"),
    [pytest.param(a, n["drug"], id=f"{n['says']}: {a}") for n in NAMED for a in n["agents"]],
)
def test_a_name_means_one_drug_to_every_rule(agent: str, meant: dict[str, Any]) -> None:
    kind, masks = meant.get("kind"), meant["masks"]

    assert drugs.named(agent).key == meant["key"]
    assert treatment_choice.named(agent) == (meant["key"], kind)
    assert follow_up_safety.kind_of(agent) == kind
    assert surveillance_therapies.class_of(agent) == meant.get("calendar")
    assert masking.masker(agent) == (None if masks == "no" else masks)


def test_no_name_stands_for_two_drugs() -> None:
    names = [
        name.lower()
        for entry in drugs.TABLE.entries["drugs"].values()
        for name in (entry.key, *entry.fields["atc"], *entry.fields["also"])
    ]

    assert sorted(names) == sorted(set(names))


def test_assessment_and_follow_up_agree_on_what_raises_phosphate() -> None:
    for entry in exposures.TABLE.entries["drugs"].values():
        raises = RAISES & set(entry.fields["acts"])
        for name in (entry.key, *entry.fields["also"], *entry.fields["atc"]):
            drug = drugs.named(name)
            assert drug.is_known, name
            assert (drug.masks in ("supplement", "burosumab")) == bool(raises), name
            assert not raises or drug.key == entry.key, name


@pytest.mark.parametrize("said", ["no-known-medications", "no known medications", "787481004"])
def test_that_nothing_is_taken_can_be_said(said: str) -> None:
    assert drugs.takes_nothing(said)
    assert not drugs.takes_nothing("calcitriol")
