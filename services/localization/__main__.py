"""`python -m services.localization`: this service alone, as a deployment runs it."""

import sys

from services.chassis.serve import serve
from services.localization.app import create_app
from services.localization.settings import LocalizationSettings

if __name__ == "__main__":
    sys.exit(serve(LocalizationSettings, "TIO_LOCALIZATION", create_app))
