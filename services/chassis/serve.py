"""Run one service as a process: all that its `__main__.py` has to call."""

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext
from socket import socket
from typing import TypeVar

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from services.chassis import logging
from services.chassis.logging import get_logger
from services.chassis.settings import (
    ServiceSettings,
    UnreadableSettings,
    expect_safe,
    read_settings,
)

S = TypeVar("S", bound=ServiceSettings)

GRACE_SECONDS = 20


def serve(model: type[S], prefix: str, create_app: Callable[[S], FastAPI]) -> int:
    """Serve until told to stop; 2 when the settings cannot be read, or are not safe."""
    try:
        settings = read_settings(model, prefix, os.environ)
        expect_safe(settings, prefix)
    except UnreadableSettings as complaint:
        sys.stderr.write(f"{complaint}\n")
        return 2
    app = create_app(settings)
    server_of(app, settings.host, settings.port, log_level=settings.log_level).run()
    return 0


def server_of(
    app: ASGIApp, host: str, port: int, *, log_level: str = "info", hears_signals: bool = True
) -> "TellingServer":
    """A server for this app that logs as we do."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    logging.configure(log_level)
    return TellingServer(config, hears_signals)


class TellingServer(uvicorn.Server):
    """Says in the log where it listens, also when the port was left to the system."""

    def __init__(self, config: uvicorn.Config, hears_signals: bool = True) -> None:
        super().__init__(config)
        self._hears_signals = hears_signals

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Signals are for us, unless whoever runs us hears them and ends us in its own order."""
        with super().capture_signals() if self._hears_signals else nullcontext():
            yield

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start, then say where."""
        await super().startup(sockets)
        for server in self.servers if self.started else ():
            for listening in server.sockets:
                host, port = listening.getsockname()[:2]
                get_logger("server").info("listening", address=f"http://{host}:{port}")
