"""A real receiver of traces (OTLP over http) that remembers every byte that reached it."""

import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector:
    """Keeps what it is sent, as bytes and as steps."""

    def __init__(self) -> None:
        self.bytes: list[bytes] = []
        kept = self.bytes

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                kept.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1/traces"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def traces(self) -> dict[str, set[tuple[str, str]]]:
        """Of each trace, which part of the system did what."""
        found: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for content in list(self.bytes):
            for of_one in ExportTraceServiceRequest.FromString(content).resource_spans:
                names = {one.key: one.value.string_value for one in of_one.resource.attributes}
                for scope in of_one.scope_spans:
                    for span in scope.spans:
                        found[span.trace_id.hex()].add((names["service.name"], span.name))
        return found

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
