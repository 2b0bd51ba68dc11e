"""Who edits says which version they edit (`ETag`, `If-Match`)."""

from typing import Annotated

from fastapi import Depends, Header
from fastapi.responses import Response

from services.chassis.errors import PreconditionFailed, PreconditionRequired


def etag(version: int) -> str:
    """The strong entity tag of this version."""
    return f'"{version}"'


def tell_version(response: Response, version: int) -> None:
    """Say in the answer which version it shows."""
    response.headers["ETag"] = etag(version)


class Expected:
    """The version that the caller believes to be editing."""

    def __init__(self, if_match: str | None) -> None:
        self._tags = None if if_match is None else [tag.strip() for tag in if_match.split(",")]

    def is_given(self) -> bool:
        """Did the caller say so at all?"""
        return self._tags is not None

    def check(self, version: int | None) -> None:
        """412 unless this is the version meant (None: nothing is there yet)."""
        if self._tags is None:
            return
        if version is None or ("*" not in self._tags and etag(version) not in self._tags):
            raise PreconditionFailed("it was changed in the meantime; read it again")


async def _expected(if_match: Annotated[str | None, Header()] = None) -> Expected:
    return Expected(if_match)


async def _required(if_match: Annotated[str | None, Header()] = None) -> Expected:
    if if_match is None:
        raise PreconditionRequired("send If-Match with the ETag of the version you edit")
    return Expected(if_match)


IfMatch = Annotated[Expected, Depends(_expected)]
"""`expected: IfMatch`, then `expected.check(row.version)`."""

MustMatch = Annotated[Expected, Depends(_required)]
"""The same where an edit without If-Match is refused with 428."""
