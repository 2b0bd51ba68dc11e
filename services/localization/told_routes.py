"""HTTP around what is reported of a search: examinations, studies, samplings, biopsies, operations.

Each is kept in versions. The same content is the same call; other content under the same id is a
correction, and what was concluded from the former version is drawn again.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.etags import tell_version
from services.chassis.queries import OnlyKnownQueries
from services.localization.stored import StoredPlan
from services.localization.telling import plan_after, tell
from services.localization.told import (
    ReportedBiopsy,
    ReportedExamination,
    ReportedResection,
    ReportedSampling,
    ReportedStudy,
    Said,
)

router = APIRouter(
    prefix="/localization/v1/plans", tags=["localization"], route_class=OnlyKnownQueries
)


@router.put("/{plan_id}/examinations/{examination_id}", response_model=StoredPlan)
async def record_examination(
    plan_id: UUID,
    examination_id: UUID,
    examination: ReportedExamination,
    response: Response,
    session: InTransaction,
    caller: Annotated[Caller, requires("Observation", "c")],
) -> StoredPlan:
    """Remember what was felt and seen from head to toe. Safe to repeat."""
    return await _tell(
        session, caller, response, plan_id, "examination", examination_id, examination
    )


@router.put("/{plan_id}/studies/{study_id}", response_model=StoredPlan)
async def record_study(
    plan_id: UUID,
    study_id: UUID,
    study: ReportedStudy,
    response: Response,
    session: InTransaction,
    caller: Annotated[Caller, requires("ImagingStudy", "c")],
) -> StoredPlan:
    """Remember a scan and its reading, or a correction of it. Safe to repeat."""
    return await _tell(session, caller, response, plan_id, "study", study_id, study)


@router.put("/{plan_id}/venous-samplings/{sampling_id}", response_model=StoredPlan)
async def record_sampling(
    plan_id: UUID,
    sampling_id: UUID,
    sampling: ReportedSampling,
    response: Response,
    session: InTransaction,
    caller: Annotated[Caller, requires("Procedure", "c")],
) -> StoredPlan:
    """Remember one procedure of venous sampling, with every sample. Safe to repeat."""
    return await _tell(session, caller, response, plan_id, "venous_sampling", sampling_id, sampling)


@router.put("/{plan_id}/biopsies/{biopsy_id}", response_model=StoredPlan)
async def record_biopsy(
    plan_id: UUID,
    biopsy_id: UUID,
    biopsy: ReportedBiopsy,
    response: Response,
    session: InTransaction,
    caller: Annotated[Caller, requires("DiagnosticReport", "c")],
) -> StoredPlan:
    """Remember what was found in a piece of tissue. Safe to repeat."""
    return await _tell(session, caller, response, plan_id, "biopsy", biopsy_id, biopsy)


@router.put("/{plan_id}/resections/{resection_id}", response_model=StoredPlan)
async def record_resection(
    plan_id: UUID,
    resection_id: UUID,
    resection: ReportedResection,
    response: Response,
    session: InTransaction,
    caller: Annotated[Caller, requires("Procedure", "c")],
) -> StoredPlan:
    """Remember what was removed, and what the blood did afterwards. Safe to repeat."""
    return await _tell(session, caller, response, plan_id, "resection", resection_id, resection)


async def _tell(
    session: InTransaction,
    caller: Caller,
    response: Response,
    plan_id: UUID,
    kind: str,
    id: UUID,
    body: Said,
) -> StoredPlan:
    told = await tell(session, caller, plan_id, kind, id, body)
    tell_version(response, told.plan.version)
    return await plan_after(session, told)
