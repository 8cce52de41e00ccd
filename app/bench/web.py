"""The web app of the HTTP benchmark: the channel API and the callbacks as the real app has them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.api import callbacks, channel
from app.bench.provider import BenchProvider
from app.server.lifespan import serving


@asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncGenerator[None]:
    BenchProvider.registered()
    async with serving():
        yield


def app() -> FastAPI:
    """Make the app (a factory for the server)."""
    web = FastAPI(lifespan=_lifespan, openapi_url=None)
    channel.install(web)
    web.include_router(callbacks.router)
    return web
