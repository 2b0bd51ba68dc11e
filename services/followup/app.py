"""Follow-up as an app."""

from fastapi import FastAPI

from knowledge.edition import KNOWLEDGE_VERSION
from services.chassis.app import create_service
from services.chassis.client import ServiceClient
from services.followup import (
    conclusion_routes,
    erasing_routes,
    now_routes,
    preview_routes,
    proposal_routes,
    trend_routes,
)
from services.followup.journeys import Journeys
from services.followup.routes import router
from services.followup.settings import FollowupSettings
from services.followup.tables import FollowupTables


def create_app(settings: FollowupSettings, coordination: ServiceClient | None = None) -> FastAPI:
    """The follow-up service, ready to be served.

    `coordination`: where journeys hear that a proposal was answered; without it, when they ask.
    """
    app = create_service(
        name="followup",
        title="Follow-up: is it gone, and what is due?",
        settings=settings,
        edition=KNOWLEDGE_VERSION,
        routers=[
            router,
            conclusion_routes.router,
            proposal_routes.router,
            preview_routes.router,
            trend_routes.router,
            erasing_routes.router,
            now_routes.router,
        ],
        base=FollowupTables,
    )
    app.state.journeys = Journeys(coordination)
    return app
