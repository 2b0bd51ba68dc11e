"""A service as a process of its own."""

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

import httpx2

from tests.services.conftest import AUDIENCE, ISSUER

MAIN = """
import sys
from services.chassis.serve import serve
from services.chassis.settings import ServiceSettings
from tests.services.chassis.toy.app import create_app
sys.exit(serve(ServiceSettings, "TIO_TOY", create_app))
"""


def _environ(database_url: str, jwks: Path, **more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path.cwd())} | {
        "TIO_TOY_DATABASE_URL": database_url,
        "TIO_TOY_JWKS": str(jwks),
        "TIO_TOY_ISSUER": ISSUER,
        "TIO_TOY_AUDIENCE": AUDIENCE,
        "TIO_TOY_PORT": "0",
        **more,
    }


async def _start(environ: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", MAIN, env=environ, stderr=asyncio.subprocess.PIPE
    )


async def test_a_misspelt_setting_stops_the_start_with_a_sentence(
    sqlite_url: str, jwks: Path
) -> None:
    process = await _start(_environ(sqlite_url, jwks, TIO_TOY_PROT="80"))
    _, complaint = await process.communicate()

    assert process.returncode == 2
    assert complaint.decode().startswith("TIO_TOY_PROT is set, but there is no such setting")


async def test_a_service_starts_answers_and_stops(sqlite_url: str, jwks: Path) -> None:
    process = await _start(_environ(sqlite_url, jwks))
    assert process.stderr is not None
    async for line in process.stderr:
        if match := re.search(r'"address": ?"(http://[^"]+)"', line.decode()):
            break
    else:
        raise AssertionError("the service did not tell its address")

    async with httpx2.AsyncClient(base_url=match[1]) as client:
        assert (await client.get("/readyz")).json() == {"ready": True, "failed": []}
    process.send_signal(signal.SIGTERM)
    _, rest = await process.communicate()

    assert process.returncode in (0, -signal.SIGTERM)
    assert "Traceback" not in rest.decode()
