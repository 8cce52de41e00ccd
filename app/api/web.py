"""What the web process serves beside the console."""

from fastapi import FastAPI

from app.api import callbacks, channel, media


def make_web() -> FastAPI:
    """Return the app of all plain HTTP: API, callbacks, pictures, stores, accounts."""
    web = FastAPI(openapi_url=None)
    channel.install(web)
    web.include_router(callbacks.router)
    web.include_router(media.router)

    @web.get("/healthz")
    async def healthz() -> dict[str, bool]:
        return {"ok": True}

    return web
