"""`python -m services.followup`: this service alone, as a deployment runs it."""

import sys

from fastapi import FastAPI

from services.chassis.client import ServiceClient
from services.chassis.serve import serve
from services.chassis.tokens import ServiceTokens, SigningKey, TokenMint
from services.followup.app import create_app
from services.followup.journeys import SCOPES
from services.followup.settings import FollowupSettings


def with_coordination(settings: FollowupSettings) -> FastAPI:
    """The service, with coordination within reach if there is a key to speak to it."""
    if settings.signing_key_file is None:
        return create_app(settings)
    key = SigningKey.read(settings.signing_key_file)
    mint = TokenMint(key, settings.issuer, settings.audience)
    tokens = ServiceTokens(mint, "followup", SCOPES)
    return create_app(settings, ServiceClient(settings.coordination_url, tokens))


if __name__ == "__main__":
    sys.exit(serve(FollowupSettings, "TIO_FOLLOWUP", with_coordination))
