"""One of many: an item is read as a request would be, and a bad one is told the same."""

import json
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    from services.chassis.errors import Problem

R = TypeVar("R", bound=BaseModel)


class Unread(Exception):
    """This item is no request. The rest of them are none the worse for it."""

    def __init__(self, refusal: ValidationError, sent: object) -> None:
        super().__init__(f"{refusal.error_count()} values cannot be accepted")
        self._refusal, self._sent = refusal, sent

    def problem(self) -> "Problem":
        """What is wrong with it, and where in the item?"""
        # Here, because only who sent something wrong need wait for a server's libraries.
        from services.chassis.errors import not_json, unreadable

        if self._refusal.errors()[0]["type"] == "json_invalid":
            return not_json()
        sent = json.loads(self._sent) if isinstance(self._sent, bytes) else self._sent
        return unreadable(self._refusal, sent)


def read_item(sent: object, model: type[R]) -> R:
    """What is asked? `sent` is a line of JSON as bytes, or what was read of it already."""
    try:
        if isinstance(sent, bytes):
            return model.model_validate_json(sent)
        return model.model_validate(sent)
    except ValidationError as refusal:
        raise Unread(refusal, sent) from None
