"""The web app beside the console: channel API, callbacks, pictures, health, stores."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI

from app.api import callbacks, channel, media
from app.server.lifespan import serving
from app.storefront import install as install_storefront

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def _serving(_: FastAPI) -> AsyncGenerator[None]:
    async with serving():
        yield


def make_web(lifespan: Lifespan = _serving) -> FastAPI:
    """Make the app (a factory for a server, too); ``lifespan`` opens the database."""
    web = FastAPI(lifespan=lifespan, openapi_url=None)
    channel.install(web)
    web.include_router(callbacks.router)
    web.include_router(media.router)
    web.add_api_route("/healthz", _health, include_in_schema=False)
    install_storefront(web)
    return web


async def _health() -> dict[str, str]:
    return {"status": "ok"}
