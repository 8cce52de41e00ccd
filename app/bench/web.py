"""The web app of the HTTP benchmark: the real one with a payment provider that costs nothing."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.api.web import make_web
from app.bench.provider import BenchProvider
from app.server.lifespan import serving


@asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncGenerator[None]:
    BenchProvider.registered()
    async with serving():
        yield


def app() -> FastAPI:
    """Make the app (a factory for the server)."""
    return make_web(_lifespan)
