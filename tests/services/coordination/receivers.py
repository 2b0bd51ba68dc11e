"""Real receivers: a web server that checks signatures, and a mail server."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any

import uvicorn
from aiosmtpd.controller import Controller
from standardwebhooks.webhooks import Webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Hook:
    """What a webhook receiver heard, and how it answers."""

    url: str = ""
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    location: str = ""
    slow: float = 0
    endless: bool = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Verify, remember, answer."""
        if scope["type"] != "http":
            return
        body = await whole(receive)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        verified = Webhook(SECRET).verify(body, headers)
        self.raw.append(body + repr(sorted(headers.items())).encode())
        await asyncio.sleep(self.slow)
        status = self.answers.pop(0) if self.answers else 200 if self.endless else 204
        if status < 300:
            self.heard.append((headers["webhook-id"], verified))
        extra = [(b"location", self.location.encode())] if self.location else []
        await send({"type": "http.response.start", "status": status, "headers": extra})
        while self.endless:
            await send({"type": "http.response.body", "body": b" " * 65536, "more_body": True})
            await asyncio.sleep(0)  # to a caller who has left, sending does not wait
        await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """A web server on a port of its own; its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve([listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


async def whole(receive: Any) -> bytes:
    """The body of a request, however many pieces it comes in."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


@asynccontextmanager
async def a_web_receiver() -> AsyncIterator[Hook]:
    """Somebody who listens to webhooks."""
    hook = Hook()
    async with served(hook) as address:
        hook.url = f"{address}/hook"
        try:
            yield hook
        finally:
            hook.endless = False


@dataclass
class Mailbox:
    """What a mail server took."""

    port: int = 0
    mails: list[Message] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take a mail, or do not."""
        answer = self.answers.pop(0) if self.answers else "250 taken"
        self.raw.append(envelope.content)
        if answer.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content))
        return answer


@contextmanager
def a_mail_server() -> Iterator[Mailbox]:
    """A mail server on a port of its own."""
    mailbox = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        mailbox.port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


@dataclass
class FhirServer:
    """Takes resources at their ids, as a FHIR server does; `lose` answers get lost."""

    url: str = ""
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    lose: int = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Keep what is put, and answer."""
        if scope["type"] != "http":
            return
        body = await whole(receive)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        resource = json.loads(body)
        assert scope["method"] == "PUT"
        assert headers["content-type"] == "application/fhir+json"
        assert scope["path"].endswith(f"/CommunicationRequest/{resource['id']}")
        self.tokens.append(headers.get("authorization", ""))
        self.resources[resource["id"]] = resource
        status = 503 if self.lose else 200
        self.lose = max(0, self.lose - 1)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def a_fhir_server() -> AsyncIterator[FhirServer]:
    """A FHIR server, at its endpoint of CommunicationRequests."""
    app = FhirServer()
    async with served(app) as address:
        app.url = f"{address}/fhir/CommunicationRequest"
        yield app
