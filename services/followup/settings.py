"""What follow-up has to be told."""

from services.chassis.settings import ServiceSettings


class FollowupSettings(ServiceSettings):
    """`TIO_FOLLOWUP_…`: what every service is told, and nothing besides."""
