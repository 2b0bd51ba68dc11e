"""`python -m services.followup`: this service alone, as a deployment runs it."""

import sys

from services.chassis.serve import serve
from services.followup.app import create_app
from services.followup.settings import FollowupSettings

if __name__ == "__main__":
    sys.exit(serve(FollowupSettings, "TIO_FOLLOWUP", create_app))
