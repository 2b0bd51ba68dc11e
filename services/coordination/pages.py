from fastapi import APIRouter, FastAPI

router = APIRouter()


def serve_static(app: FastAPI) -> None: ...
