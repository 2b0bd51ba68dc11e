"""Who needs a phosphate, and what must not wait for a diagnosis?"""

from collections.abc import Iterable
from typing import Any

from knowledge.tables import Table

TABLE = Table.beside(__file__)

SYMPTOMS = ("bone_pain", "proximal_weakness", "muscle_pain")
LIMITED = ("impaired_mobility", "unable_to_walk")
COMPLAINTS = (*SYMPTOMS, *LIMITED)
URGENT_SIGNS = ("respiratory_weakness", "arrhythmia", "encephalopathy", "rhabdomyolysis")


def _said(findings: Any, names: Iterable[str]) -> bool:
    for name in names:  # noqa: SIM110 - a plain loop: this is asked often
        if getattr(findings, name) is True:
            return True
    return False


def broken(fractures: Any) -> list[Any]:
    """Which fractures are described one by one?"""
    return fractures if isinstance(fractures, list) else []


def has_symptoms(findings: Any) -> bool:
    """Is there anything that osteomalacia does: pain, weakness, fractures, failing mobility?"""
    return bool(findings.fractures) or _said(findings, COMPLAINTS)


def fragile(fractures: Any) -> bool:
    """Has a bone broken that should not have? One that no one calls high-energy counts."""
    if fractures is True:
        return True
    return any(one.low_energy is not False for one in broken(fractures))


def needs_phosphate(findings: Any) -> bool:
    """Does a symptom ask for a phosphate (S-01)?"""
    return _said(findings, SYMPTOMS) or fragile(findings.fractures)


def mislabelled(labels: Iterable[str] | None) -> str | None:
    """Which diagnosis on record is one that osteomalacia is often taken for (S-04)?"""
    for label in labels or ():
        spelled = " ".join(label.lower().replace("_", " ").split())
        for entry in TABLE.entries["labels"].values():
            if any(word in spelled for word in entry.fields["words"]):
                return label
    return None


def pseudofracture(fractures: Any) -> bool:
    """Is there a pseudofracture (Looser zone) anywhere?"""
    return any(one.pseudofracture is True for one in broken(fractures))


def bears_weight(fractures: Any) -> bool:
    """Is a pseudofracture where a break would cost walking: hip, femur, spine (RF-03)?"""
    words = TABLE.entries["weight_bearing"]["sites"].fields["words"]
    for one in broken(fractures):
        if one.pseudofracture is True and one.site is not None:
            site = one.site.lower()
            if any(word in site for word in words):
                return True
    return False


def urgent_sign(findings: Any) -> bool:
    """Is there a sign that is urgent by itself (RF-01)?"""
    return _said(findings, URGENT_SIGNS)
