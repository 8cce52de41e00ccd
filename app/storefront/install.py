"""The one call by which a web app gets the stores."""

from fastapi import FastAPI

from app.storefront import assets
from app.storefront.routes import account, browse, cart, checkout, machines, orders


def install(web: FastAPI) -> None:
    """Serve the stores under ``/s/{slug}`` and their files under ``/store-static/``.

    Refusals of these pages are pages themselves, whatever handlers ``web`` has for the rest.
    """
    web.include_router(assets.router, include_in_schema=False)
    # The routes for unknown addresses come last.
    for topic in (browse, cart, checkout, orders, account, machines):
        web.include_router(topic.router, include_in_schema=False)
