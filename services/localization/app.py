"""Localization as an app."""

from fastapi import FastAPI

from services.chassis.app import create_service
from services.localization.routes import router
from services.localization.settings import LocalizationSettings
from services.localization.tables import LocalizationTables


def create_app(settings: LocalizationSettings) -> FastAPI:
    """The localization service, ready to be served."""
    return create_service(
        name="localization",
        title="Localization: where is the tumor?",
        settings=settings,
        routers=[router],
        base=LocalizationTables,
    )
