"""Localization as an app."""

from fastapi import FastAPI

from knowledge.edition import KNOWLEDGE_VERSION
from services.chassis.app import create_service
from services.localization import (
    conclusion_routes,
    erasing_routes,
    now_routes,
    order_routes,
    register_routes,
    routes,
    sampling_routes,
    told_routes,
)
from services.localization.settings import LocalizationSettings
from services.localization.tables import LocalizationTables


def create_app(settings: LocalizationSettings) -> FastAPI:
    """The localization service, ready to be served."""
    return create_service(
        name="localization",
        title="Localization: where is the tumor?",
        settings=settings,
        edition=KNOWLEDGE_VERSION,
        routers=[
            routes.router,
            told_routes.router,
            order_routes.router,
            register_routes.router,
            sampling_routes.router,
            conclusion_routes.router,
            erasing_routes.router,
            now_routes.router,
        ],
        base=LocalizationTables,
    )
