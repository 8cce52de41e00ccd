"""Stores under host names of their own: ``https://tea.example/p/…`` shows what ``/s/tea/p/…`` does.

The middleware stands before the edge and only rewrites the path, so that on such a host nothing
but its one store can be reached; everything else of the installation is nowhere there.
"""

import re
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app import routes
from app.api.refusals import refused
from app.kit.errors import RETRY_SECONDS, TradeError, Unavailable
from app.kit.settings import Settings, settings
from app.services.shopfront import slug_of_host
from app.storefront.visit import OWN_HOST

_EVERYWHERE = ("/store-static/", "/media/", "/healthz")
"""What is served under every host name alike."""
_NAME = re.compile(r"([a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{0,62}")

FindStore = Callable[[str], Awaitable[str | None]]


def our_hosts(configured: Settings) -> frozenset[str]:
    """Return the installation's own host names, which can be no store's."""
    names = (urlsplit(configured.origin).hostname, configured.store_host)
    return frozenset(name.lower() for name in names if name)


def host_of(scope: Scope) -> str:
    """Return the host name that a request is for, without its port; '' for none that could be."""
    given = dict(scope["headers"]).get(b"host", b"").decode("latin-1").lower()
    name = re.sub(r":\d{1,5}$", "", given).rstrip(".")
    return name if len(name) <= 120 and _NAME.fullmatch(name) else ""


def path_in_store(path: str, slug: str) -> str:
    """Return the address within the app of a path on a store's own host."""
    home = routes.store(slug)
    if path == home or path.startswith((f"{home}/", *_EVERYWHERE)):
        return path
    return home if path == "/" else home + path


class StoreHosts:
    """The middleware; ``find`` returns the slug of the store that a host name belongs to."""

    def __init__(self, app: ASGIApp, *, find: FindStore = slug_of_host) -> None:
        self._app, self._find = app, find
        self._ours = our_hosts(settings())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with the path of its store where the host is a store's own."""
        if scope["type"] in ("http", "websocket"):
            name = host_of(scope)
            try:
                slug = await self._find(name) if name and name not in self._ours else None
            except Unavailable as error:
                await self._away(scope, receive, send, error)
                return
            if slug is not None:
                path = path_in_store(scope["path"], slug)
                scope = {**scope, "path": path, "raw_path": path.encode(), OWN_HOST: slug}
        await self._app(scope, receive, send)

    async def _away(self, scope: Scope, receive: Receive, send: Send, error: TradeError) -> None:
        """Answer while nobody can be asked which store a name belongs to."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1013})
            return
        response = refused(Request(scope), error)
        response.headers["retry-after"] = str(RETRY_SECONDS)
        await response(scope, receive, send)
