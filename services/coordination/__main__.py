"""`python -m services.coordination`: this service alone, as a deployment runs it."""

import asyncio
import sys

from fastapi import FastAPI

from services.chassis.client import ServiceClient
from services.chassis.serve import serve
from services.chassis.tokens import ServiceTokens, SigningKey, TokenMint
from services.coordination.answers import WholeAnswers, tokens_of_people
from services.coordination.app import create_app
from services.coordination.data_keys import DataKeys
from services.coordination.erasing import Erase, erasers
from services.coordination.journeys import connected, ring_in
from services.coordination.settings import CoordinationSettings

READS = ("system/*.rs",)
ERASES = ("system/*.d",)


def with_everything(settings: CoordinationSettings) -> FastAPI:
    """The service, with the workflow engine and the other services within reach."""
    ring = ring_in(settings.keys_file)
    keys = DataKeys(ring)
    journeys = asyncio.run(connected(settings, ring, keys))
    answers = whole_answers(settings)
    return create_app(
        settings, journeys, answers, answers, keys=keys, ask_to_erase=ask_to_erase(settings)
    )


def ask_to_erase(settings: CoordinationSettings) -> dict[str, Erase]:
    """How the services are asked to forget somebody; nobody can be without a key to ask with."""
    if settings.signing_key_file is None:
        return {}
    mint = TokenMint(SigningKey.read(settings.signing_key_file), settings.issuer, settings.audience)
    tokens = ServiceTokens(mint, "coordination", ERASES)
    return erasers(
        {
            "assessment": ServiceClient(settings.assessment_url, tokens),
            "localization": ServiceClient(settings.localization_url, tokens),
            "followup": ServiceClient(settings.followup_url, tokens),
        }
    )


def whole_answers(settings: CoordinationSettings) -> WholeAnswers | None:
    """Where the reasons on the journey page come from; none without a key to ask with."""
    if settings.signing_key_file is None:
        return None
    key = SigningKey.read(settings.signing_key_file)
    mint = TokenMint(key, settings.issuer, settings.audience)
    tokens = ServiceTokens(mint, "coordination", READS)
    return WholeAnswers(
        {
            "assessment": ServiceClient(settings.assessment_url, tokens),
            "localization": ServiceClient(settings.localization_url, tokens),
            "followup": ServiceClient(settings.followup_url, tokens),
        },
        tokens_of_people(mint),
    )


if __name__ == "__main__":
    sys.exit(serve(CoordinationSettings, "TIO_COORDINATION", with_everything))
