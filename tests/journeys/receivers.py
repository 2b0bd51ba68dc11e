"""A real webhook receiver and a real SMTP server that remember what reached them."""

import threading
import time
from collections.abc import Callable
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from standardwebhooks.webhooks import Webhook

from tests.journeys.system import a_free_port


class WebhookReceiver:
    """Verifies signatures as Standard Webhooks asks; keeps what it accepted, doubles included."""

    def __init__(self, secret: str) -> None:
        self.accepted: list[tuple[str, dict[str, Any]]] = []
        self.moments: list[float] = []
        self.before_answering: Callable[[int], None] = lambda number: None
        verifier, accepted, moments = Webhook(secret), self.accepted, self.moments
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                message = verifier.verify(body, dict(self.headers.items()))
                moments.append(time.time())
                accepted.append((self.headers["webhook-id"], message))
                receiver.before_answering(len(accepted))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/reminders"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class MailReceiver:
    """An SMTP server that keeps every message it accepted, doubles included."""

    def __init__(self) -> None:
        self.accepted: list[Message] = []
        self.port = a_free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Accept one message."""
        content = envelope.content
        assert isinstance(content, bytes)
        self.accepted.append(message_from_bytes(content))
        return "250 kept"

    def close(self) -> None:
        """Stop listening."""
        self._controller.stop()
