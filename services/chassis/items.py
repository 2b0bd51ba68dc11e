"""One of many: an item is read as a request would be, and a bad one is told the same."""

from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

if TYPE_CHECKING:
    from services.chassis.errors import Problem

R = TypeVar("R", bound=BaseModel)


class Unread(Exception):
    """This item is no request. The rest of them are none the worse for it."""

    def __init__(self, refusal: ValidationError | None = None, sent: object = None) -> None:
        super().__init__("this item cannot be read")
        self._refusal, self._sent = refusal, sent

    def problem(self) -> "Problem":
        """What is wrong with it, and where in the item?"""
        # Here, because only who sent something wrong need wait for a server's libraries.
        from services.chassis.errors import not_json, unreadable

        return not_json() if self._refusal is None else unreadable(self._refusal, self._sent)


class OutOfReach(Unread):
    """It can be read, and leads beyond the last day or the largest number there is."""

    def problem(self) -> "Problem":
        """What is wrong with it?"""
        from services.chassis.errors import out_of_reach

        return out_of_reach()


def read_item(sent: object, model: type[R]) -> R:
    """What is asked? `sent` is JSON as bytes, or what was read of it already."""
    if isinstance(sent, bytes):
        try:
            sent = from_json(sent)
        except ValueError:
            raise Unread from None
    try:
        return model.model_validate(sent)
    except ValidationError as refusal:
        raise Unread(refusal, sent) from None
