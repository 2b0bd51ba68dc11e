"""Follow-up as an app."""

from fastapi import FastAPI

from services.chassis.app import create_service
from services.followup import conclusion_routes, preview_routes, proposal_routes, trend_routes
from services.followup.routes import router
from services.followup.settings import FollowupSettings
from services.followup.tables import FollowupTables


def create_app(settings: FollowupSettings) -> FastAPI:
    """The follow-up service, ready to be served."""
    return create_service(
        name="followup",
        title="Follow-up: is it gone, and what is due?",
        settings=settings,
        routers=[
            router,
            conclusion_routes.router,
            proposal_routes.router,
            preview_routes.router,
            trend_routes.router,
        ],
        base=FollowupTables,
    )
