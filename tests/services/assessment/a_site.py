"""Settings of a site, and panels for them to be laid over."""

from typing import Any

from knowledge.rules.site_settings import site_of
from knowledge.site import Site
from knowledge.terms.site_settings import SiteSettings
from services.assessment.contract import EvaluateRequest
from tests.services.assessment.vectors import AS_OF, an_observation

CITED: dict[str, Any] = {
    "effective": "2025-01-01",
    "source": "Own study, 2024",
    "read_status": "full_text",
}
ANYBODY: dict[str, Any] = {"sex": "any", "age_from": 18, "age_below": 120}


def an_interval(analyte: str = "s_phos", unit: str = "mmol/L", **more: Any) -> dict[str, Any]:
    """A reference interval of the site's own, for any adult unless it says otherwise."""
    return {**CITED, **ANYBODY, "analyte": analyte, "unit": unit, **more}


def a_kainos_cut(suppressed_below: float = 30, mediated_from: float = 40) -> dict[str, Any]:
    """A stricter cut than the table's."""
    return {
        **CITED,
        "cut_off": "fgf23",
        "assay": "KAINOS_ELISA",
        "suppressed_below": suppressed_below,
        "mediated_from": mediated_from,
        "unit": "ng/L",
    }


def a_tmp_gfr_cut(definite_below: float, equivocal_below: float) -> dict[str, Any]:
    """Limits of an adult's TmP/GFR."""
    return {
        **CITED,
        "cut_off": "tmp_gfr_adult",
        "definite_below": definite_below,
        "equivocal_below": equivocal_below,
        "unit": "mmol/L",
    }


def some_settings(**said: Any) -> SiteSettings:
    """Settings as a site sends them."""
    return SiteSettings.model_validate(said)


def a_site(version: int = 2, **said: Any) -> Site:
    """The same, checked."""
    return site_of(version, some_settings(**said))


def a_panel(*observations: dict[str, Any], **more: Any) -> EvaluateRequest:
    """A woman of 46 with these results."""
    named = [one | {"id": f"o{place}"} for place, one in enumerate(observations)]
    patient = {"sex": "female", "age_years": 46}
    body = {"patient": patient, "as_of": AS_OF, "observations": named}
    return EvaluateRequest.model_validate(body | more)


def a_phosphate(value: float, **more: Any) -> dict[str, Any]:
    """A fasting phosphate of yesterday."""
    return an_observation("s_phos", value, 1, **more)


def a_pair(phosphate: float, urine: float, creatinine: float = 60, void: float = 8) -> list[Any]:
    """Blood and urine of one collection, in working units."""
    values = {"s_phos": phosphate, "u_phos": urine, "s_creat": creatinine, "u_creat": void}
    return [an_observation(key, value, 1, collection_id="c1") for key, value in values.items()]
