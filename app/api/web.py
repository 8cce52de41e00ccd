"""The web app beside the console: channel API, callbacks, pictures, health, stores."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse

from app import routes
from app.api import (
    answers,
    boards,
    callbacks,
    channel,
    downloads,
    imports,
    media,
    refusals,
    uploads,
)
from app.api.account.install import install as install_account
from app.server.lifespan import serving
from app.storefront import install as install_storefront

CONSOLES = ("platform", "supplier", "distributor")
"""The kinds of workspace that have console pages."""

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def _serving(_: FastAPI) -> AsyncGenerator[None]:
    async with serving():
        yield


def make_web(lifespan: Lifespan = _serving) -> FastAPI:
    """Make the app (a factory for a server, too); ``lifespan`` opens the database."""
    web = FastAPI(lifespan=lifespan, openapi_url=None)
    channel.install(web)
    refusals.install(web)
    web.include_router(callbacks.router)
    web.include_router(media.router)
    web.add_api_route("/healthz", _health, include_in_schema=False)
    web.add_api_route("/", _front_door, include_in_schema=False)
    for scope in CONSOLES:
        web.add_api_route(f"/{scope}/{{merchant}}", _workspace_door, include_in_schema=False)
    install_account(web)
    uploads.install(web)
    imports.install(web)
    downloads.install(web)
    answers.install(web)
    boards.install(web)
    install_storefront(web)
    return web


async def _health() -> dict[str, str]:
    return {"status": "ok"}


async def _front_door() -> RedirectResponse:
    # Whoever is not signed in is asked to by that page.
    return RedirectResponse(routes.WORKSPACES, 303)


async def _workspace_door(request: Request) -> RedirectResponse:
    # The bare address of a workspace is what people shorten to and bookmark.
    workspace = routes.workspace_of(request.url.path)
    page = routes.console(workspace) if workspace else routes.WORKSPACES
    return RedirectResponse(page, 303)
