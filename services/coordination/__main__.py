"""`python -m services.coordination`: this service alone, as a deployment runs it."""

import asyncio
import os
import sys
from pathlib import Path

import uvicorn

from services.chassis.settings import UnreadableSettings, read_settings
from services.coordination.app import create_app
from services.coordination.journeys import connected
from services.coordination.settings import CoordinationSettings


async def serve(settings: CoordinationSettings) -> None:
    """Serve until told to stop."""
    journeys = await connected(
        settings.temporal_address, settings.temporal_namespace, Path(settings.journey_keys)
    )
    app = create_app(settings, journeys)
    host = os.environ.get("HOST", "127.0.0.1")
    port = int(os.environ.get("PORT", "8004"))
    await uvicorn.Server(uvicorn.Config(app, host, port, log_config=None)).serve()


def main() -> int:
    """Read the environment, and serve."""
    try:
        settings = read_settings(CoordinationSettings, "TIO_COORDINATION", os.environ)
    except UnreadableSettings as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 2
    asyncio.run(serve(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
