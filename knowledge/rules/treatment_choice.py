"""What is proposed for the tumor: removal, ablation, radiation, or a drug? A person decides."""

from dataclasses import dataclass

from knowledge.rules import drugs, follow_up_safety
from knowledge.rules.reference_intervals import Level
from knowledge.tables import Table
from knowledge.terms.stop import Stop
from knowledge.terms.truth import Truth

TABLE = Table.beside(__file__)
CALCIUM = "calcium"


@dataclass(frozen=True, slots=True)
class Tumor:
    """What is known of it. None: nobody has said."""

    state: str
    resectable: Truth = None
    fit: Truth = None
    in_bone: Truth = None
    near_joint: Truth = None
    small: Truth = None
    seen_at_surgery: Truth = None
    residual: Truth = None
    re_excision_feasible: Truth = None
    metastatic: Truth = None
    sstr_positive: Truth = None
    burosumab: Truth = None
    """Does a label known here cover it, and can it be had?"""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that is proposed: the rule, which act, and what would settle it."""

    rule: str
    act: str
    missing: tuple[str, ...] = ()


def stands(tumor: Tumor) -> str | None:
    """Where does this patient stand for a choice of treatment? None: nothing is to be chosen."""
    if tumor.metastatic:
        return "metastatic"
    row = TABLE.entry("states", tumor.state)
    return None if row is None else str(row.fields["stands"])


def choices(tumor: Tumor) -> tuple[Choice, ...]:
    """What is proposed (TX-001 to TX-007)?"""
    where = stands(tumor)
    if where is None:
        return ()
    found: list[Choice] = []
    if where == "localized":
        found += _of_a_found_tumor(tumor)
    if tumor.residual and where in ("refractory", "localized"):
        found += _of_a_residue(tumor)
    if where == "metastatic":
        found += _of_metastases(tumor)
    if wants_drugs(tumor):
        found.append(_of_drugs(tumor))
    return tuple(found)


def in_words(choice: Choice) -> str:
    """What is proposed, in a sentence: that of the act, else that of its rule."""
    row = TABLE.entry("sentences", choice.act)
    return TABLE.rules[choice.rule].conclusion if row is None else str(row.fields["text"])


def wants_drugs(tumor: Tumor) -> bool:
    """Is treatment by drugs indicated (TX-007)? A resectable tumor is removed instead."""
    where = stands(tumor)
    if where == "localized":
        return tumor.resectable is False or tumor.fit is False
    return where is not None


def _of_a_found_tumor(tumor: Tumor) -> list[Choice]:
    found = []
    if tumor.resectable is not False and tumor.fit is not False:
        said = (("resectable", tumor.resectable), ("fit_for_surgery", tumor.fit))
        missing = tuple(name for name, known in said if known is None)
        found.append(Choice("TX-001", "resection", missing))
        if tumor.in_bone and tumor.near_joint:
            found.append(Choice("TX-002", "curettage_or_wide_resection"))
        if tumor.seen_at_surgery is False:
            found.append(Choice("TX-003", "navigation"))
    if tumor.fit is False or (tumor.small and tumor.in_bone):
        found.append(Choice("TX-004", "ablation"))
    return found


def _of_a_residue(tumor: Tumor) -> list[Choice]:
    if tumor.re_excision_feasible is None:
        return [Choice("TX-005", "re_excision_or_radiotherapy", ("re_excision_feasible",))]
    act = "re_excision" if tumor.re_excision_feasible else "radiotherapy_or_ablation"
    return [Choice("TX-005", act)]


def _of_metastases(tumor: Tumor) -> list[Choice]:
    if tumor.sstr_positive is None:
        return [Choice("TX-006", "sstr_scan", ("sstr_positive",))]
    return [Choice("TX-006", "radionuclide_therapy" if tumor.sstr_positive else "fgfr_referral")]


def _of_drugs(tumor: Tumor) -> Choice:
    if tumor.burosumab is None:
        return Choice("TX-007", "burosumab_or_conventional", ("burosumab_available",))
    return Choice("TX-007", "burosumab" if tumor.burosumab else "conventional")


def antiresorptive(agent: str, alp: Level | None, phosphate: Level | None) -> tuple[Stop, ...]:
    """Is this drug to be avoided because bone is not mineralised yet (TX-019)?"""
    abnormal = follow_up_safety.is_abnormal(alp, phosphate)
    if abnormal is False:
        return ()
    text = f"{agent} while osteomalacia is untreated: avoid it"
    if abnormal is None:
        text = f"{agent}: whether osteomalacia is treated is not known; ALP and phosphate first"
    return (Stop("TX-019", "osteomalacia_untreated", text, hard=False),)


def named(agent: str) -> tuple[str, str | None]:
    """By which name and kind is this drug known? No kind: no rule of treatment asks for it."""
    drug = drugs.named(agent)
    return drug.key, drug.kind
