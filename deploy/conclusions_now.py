"""`python -m deploy.conclusions_now`: what would journeys hear now? An answer to each line.

The services are asked through their own addresses, in this process, by the edition that stands
first on its path; none of them is started, and nothing is stored but that somebody looked.
"""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from knowledge.edition import KNOWLEDGE_VERSION
from services.assessment.app import create_app as create_assessment
from services.assessment.settings import AssessmentSettings
from services.chassis.client import Refused, ServiceClient
from services.chassis.tokens import ServiceTokens, SigningKey, TokenMint
from services.followup.app import create_app as create_followup
from services.followup.settings import FollowupSettings
from services.localization.app import create_app as create_localization
from services.localization.settings import LocalizationSettings

WHO = "preview"
LOOKS = ("system/*.rs",)
NOBODY = 404
PLACES = {"assessment": "assessment/v1/records"}


@asynccontextmanager
async def asked(databases: Mapping[str, str]) -> AsyncIterator[dict[str, ServiceClient]]:
    """The three services over these databases, asked with a key that nobody else believes."""
    with tempfile.TemporaryDirectory(prefix="tio-preview-") as made:
        key = SigningKey.create_or_read(Path(made) / "key.json")
        key.publish(Path(made) / "jwks.json")
        tokens = ServiceTokens(TokenMint(key, WHO, WHO), WHO, LOOKS)

        def settings(service: str) -> dict[str, Any]:
            return {
                "database_url": databases[service],
                "jwks": str(Path(made) / "jwks.json"),
                "issuer": WHO,
                "audience": WHO,
                "log_level": "error",
            }

        apps = {
            "assessment": create_assessment(AssessmentSettings(**settings("assessment"))),
            "localization": create_localization(LocalizationSettings(**settings("localization"))),
            "followup": create_followup(FollowupSettings(**settings("followup"))),
        }
        async with AsyncExitStack() as stack:
            clients = {}
            for name, app in apps.items():
                stack.push_async_callback(app.state.database.close)
                http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app))
                client = clients[name] = ServiceClient("http://preview", tokens, http)
                stack.push_async_callback(client.close)
            yield clients


async def main() -> None:
    """Read the databases' addresses, then answer every question: null where nobody is known."""
    databases = json.loads(os.environ["TIO_PREVIEW_DATABASES"])
    async with asked(databases) as services:
        for line in sys.stdin:
            question = json.loads(line)
            place = PLACES.get(question["service"], f"{question['service']}/v1/plans")
            try:
                answer: Any = await services[question["service"]].exchange(
                    "GET",
                    f"/{place}/{question['record']}/conclusion-now",
                    dict[str, Any],
                    organisation=question["organisation"],
                    query={"as_of": question["as_of"]},
                )
            except Refused as refused:
                answer = None if refused.status == NOBODY else {"refused": refused.status}
            said = {"edition": KNOWLEDGE_VERSION, "conclusion": answer}
            sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
