"""`python -m services.assessment`: this service alone, as a deployment runs it."""

import sys

from services.assessment.app import create_app
from services.assessment.settings import AssessmentSettings
from services.chassis.serve import serve

if __name__ == "__main__":
    sys.exit(serve(AssessmentSettings, "TIO_ASSESSMENT", create_app))
