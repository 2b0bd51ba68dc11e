"""Assessment as an app."""

from fastapi import FastAPI

from services.assessment.routes import router
from services.assessment.settings import AssessmentSettings
from services.assessment.tables import AssessmentTables
from services.chassis.app import create_service


def create_app(settings: AssessmentSettings) -> FastAPI:
    """The assessment service, ready to be served."""
    return create_service(
        name="assessment",
        title="Assessment: does this person have tumor-induced osteomalacia?",
        settings=settings,
        routers=[router],
        base=AssessmentTables,
    )
