"""What a care coordinator sees: one file for each page or form."""

from fastapi import APIRouter

from services.coordination.pages import (
    answering,
    assigning,
    examining,
    history,
    journey,
    letter,
    living,
    operating,
    programme,
    proposals,
    results,
    scanning,
    start,
    worklist,
)

router = APIRouter(include_in_schema=False)
for _page in (
    start,
    worklist,
    assigning,
    programme,
    journey,
    answering,
    proposals,
    results,
    examining,
    history,
    scanning,
    operating,
    living,
    letter,
):
    router.include_router(_page.router)
