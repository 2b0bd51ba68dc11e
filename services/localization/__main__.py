"""`python -m services.localization`: this service alone, as a deployment runs it."""

import os
import sys

import uvicorn

from services.chassis.settings import UnreadableSettings, read_settings
from services.localization.app import create_app
from services.localization.settings import LocalizationSettings


def main() -> int:
    """Read the environment, and serve."""
    try:
        settings = read_settings(LocalizationSettings, "TIO_LOCALIZATION", os.environ)
    except UnreadableSettings as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 2
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8002"))
    uvicorn.run(create_app(settings), host=host, port=port, log_config=None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
