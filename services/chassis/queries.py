"""A query parameter that we do not know is refused, like an unknown field: it may be a slip."""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from services.chassis.errors import FieldProblem, Unprocessable, pointer


class OnlyKnownQueries(APIRoute):
    """`APIRouter(route_class=OnlyKnownQueries)`: its routes take the queries they name."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route as it is, behind a look at the names in its query."""
        handle = super().get_route_handler()
        known = set(_queries(self.dependant))

        async def checked(request: Request) -> Response:
            if request.scope["query_string"]:
                _refuse_unknown(request, known)
            return await handle(request)

        return checked


def _queries(needs: Dependant) -> Iterator[str]:
    """Every name that the route or something it depends on takes from the query."""
    for field in needs.query_params:
        yield field.alias
    for further in needs.dependencies:
        yield from _queries(further)


def _refuse_unknown(request: Request, known: set[str]) -> None:
    """422 with the name, which is the caller's own word, as the place."""
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in known]
    if unknown:
        problems = [
            FieldProblem(
                pointer=pointer(("query", name)),
                code="extra_forbidden",
                detail=f"the queries known here are: {', '.join(sorted(known)) or 'none'}",
            )
            for name in unknown
        ]
        raise Unprocessable("a query parameter is not known; see errors", errors=problems)
