"""python -m workflows: serve journeys until told to stop; what is under way then is finished."""

import os
import sys

from services.chassis.serve import server_of
from services.chassis.settings import UnreadableSettings, expect_safe, read_settings
from workflows.app import create_app
from workflows.settings import PREFIX, WorkflowSettings


def main() -> int:
    """0 after an orderly end, 2 when the settings cannot be read, or are not safe."""
    try:
        settings = read_settings(WorkflowSettings, PREFIX, os.environ)
        expect_safe(settings, PREFIX)
    except UnreadableSettings as complaint:
        sys.stderr.write(f"{complaint}\n")
        return 2
    app = create_app(settings)
    server_of(app, settings.host, settings.port, log_level=settings.log_level).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
