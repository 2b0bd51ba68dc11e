"""Who looks after which journey."""

from fastapi import APIRouter

from services.coordination.rendering import PageRoute

router = APIRouter(route_class=PageRoute)
