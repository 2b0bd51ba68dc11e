"""Where the next page of a list begins, in words that only we read."""

import base64
import binascii
import json
from typing import Any


class BadCursor(Exception):
    """This is no cursor of ours."""


def write_cursor(*parts: object) -> str:
    """Where the next page begins, for us alone to read."""
    return base64.urlsafe_b64encode(json.dumps(parts, default=str).encode()).decode().rstrip("=")


def read_cursor(cursor: str, length: int) -> list[Any]:
    """Where does the page begin? `BadCursor` when it is none of ours."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        raise BadCursor from None
    if not isinstance(parts, list) or len(parts) != length:
        raise BadCursor
    return parts
