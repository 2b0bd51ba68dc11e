"""What assessment has to be told."""

from services.chassis.settings import ServiceSettings


class AssessmentSettings(ServiceSettings):
    """`TIO_ASSESSMENT_…`: what every service is told, and nothing besides."""
