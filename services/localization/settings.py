"""What localization has to be told."""

from services.chassis.settings import ServiceSettings


class LocalizationSettings(ServiceSettings):
    """`TIO_LOCALIZATION_…`: what every service is told, and nothing besides."""
