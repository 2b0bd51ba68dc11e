"""Assessment as an app."""

from fastapi import FastAPI

from knowledge.edition import KNOWLEDGE_VERSION
from services.assessment import (
    batch_routes,
    erasing_routes,
    now_routes,
    observation_routes,
    record_routes,
    routes,
    site_routes,
)
from services.assessment.settings import AssessmentSettings
from services.assessment.site_settings import Lately
from services.assessment.tables import AssessmentTables
from services.chassis.app import create_service


def create_app(settings: AssessmentSettings) -> FastAPI:
    """The assessment service, ready to be served."""
    app = create_service(
        name="assessment",
        title="Assessment: does this person have tumor-induced osteomalacia?",
        settings=settings,
        edition=KNOWLEDGE_VERSION,
        routers=[
            routes.router,
            batch_routes.router,
            record_routes.router,
            observation_routes.router,
            site_routes.router,
            erasing_routes.router,
            now_routes.router,
        ],
        base=AssessmentTables,
    )
    app.state.site_settings = Lately(app.state.database)
    return app
