"""`python -m services.followup`: this service alone, as a deployment runs it."""

import os
import sys

import uvicorn

from services.chassis.settings import UnreadableSettings, read_settings
from services.followup.app import create_app
from services.followup.settings import FollowupSettings


def main() -> int:
    """Read the environment, and serve."""
    try:
        settings = read_settings(FollowupSettings, "TIO_FOLLOWUP", os.environ)
    except UnreadableSettings as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 2
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8003"))
    uvicorn.run(create_app(settings), host=host, port=port, log_config=None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
