"""The edge: an ASGI middleware before everything, which trusts no request.

It refuses foreign origins, oversized bodies and Reflex's own upload door, keeps the stores' host
apart from the console, and gives every answer its security headers. Decisions are pure functions.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import routes
from app.api.refusals import refused
from app.kit.errors import RETRY_SECONDS, NotFound, TradeError, Unavailable
from app.kit.i18n import N_
from app.kit.pictures import MAX_BYTES as MAX_PICTURE_BYTES
from app.kit.pictures import TooLarge
from app.kit.settings import Settings, settings
from app.server.frontend import web_folder
from app.services.imports import uploads

MOST_BYTES = 1 * 2**20
MOST_PICTURE_BYTES = MAX_PICTURE_BYTES + 2**20
"""A picture with what a form wraps it in."""
MOST_HISTORY_BYTES = uploads.MOST_BYTES + 2**20
"""A file of an import with what a form wraps it in."""
UPLOADS = "/upload/"
_HISTORY = re.compile(r"^/upload/platform/[^/]+/imports/[^/]+$")
_PICTURE = re.compile(r"^/upload/[^/]+/[^/]+/(detail-)?picture$")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_MACHINES = ("/callbacks/", "/api/")
_ONE_CLICK = (routes.UNSUBSCRIBE,)
"""Mail programs post here for their readers, by a signed link alone."""
_SOCKETS = ("/_event",)
_STORES = ("/s/", "/store-static/")
_ON_STORE_HOST = (*_STORES, *_MACHINES, "/media/", "/healthz")
_ACCOUNT = (
    routes.LOGIN,
    routes.LOGOUT,
    routes.REGISTER,
    routes.FORGOT,
    routes.RESET,
    routes.SETUP,
    routes.WORKSPACES,
    routes.APPLY,
    routes.INVITE,
    routes.UNSUBSCRIBE,
    "/me",
    "/account-static",
)
_HASHED = re.compile(r"^/assets/.+-[A-Za-z0-9_-]{8,}\.[a-z0-9.]+$")
_HOST = re.compile(r"^[A-Za-z0-9.-]+(:\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](:\d{1,5})?$")
_INLINE = re.compile(r"<script(?![^>]*\ssrc=)([^>]*)>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_DATA_TYPE = re.compile(r"type=[\"']?(?!module|text/javascript)[a-z]+/", re.IGNORECASE)


class BodyTooLarge(TradeError):
    """More than an address takes; ``megabytes`` says how much that is."""

    code = "too_large"
    status = 413
    message = N_("What was sent is too large: at most %(megabytes)s MB can be taken here.")


class PictureTooLarge(TooLarge):
    """The same sentence as for a picture a little over the limit, before any of it was read."""

    status = 413


class ForeignOrigin(TradeError):
    """A form of a page that is not ours."""

    code = "foreign_origin"
    status = 403
    message = N_("This was not sent from a page of this site. Open the page here and try again.")


class Unreadable(TradeError):
    """A request whose header contradicts itself."""

    code = "unreadable"
    status = 400
    message = N_("This request could not be read. Go back, reload the page and try again.")


class Area(StrEnum):
    """Kinds of addresses that need different headers."""

    CONSOLE = "console"
    STORE = "store"
    ACCOUNT = "account"
    MACHINE = "machine"


@dataclass(frozen=True)
class Call:
    """What the edge looks at in a request; header names are lower-case."""

    kind: str
    method: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Rules:
    """What an installation allows: its own address, the stores' host, where stores may post to."""

    origin: str
    store_host: str | None
    payment_origins: tuple[str, ...]

    @property
    def is_https(self) -> bool:
        """Whether people reach the installation encrypted."""
        return self.origin.startswith("https:")


def rules_of(configured: Settings) -> Rules:
    """Return the rules that the settings imply."""
    return Rules(configured.origin, configured.store_host, (configured.sandbox_origin,))


def area_of(path: str) -> Area:
    """Return the area of a path."""
    if under(path, _MACHINES) or path in ("/healthz",) or under(path, (UPLOADS, "/media/")):
        return Area.MACHINE
    if under(path, _STORES):
        return Area.STORE
    return Area.ACCOUNT if under(path, _ACCOUNT) else Area.CONSOLE


def under(path: str, places: Iterable[str]) -> bool:
    """Say whether ``path`` is one of ``places`` or lies below one."""
    return any(path == p.rstrip("/") or path.startswith(p.rstrip("/") + "/") for p in places)


def refusal(call: Call, rules: Rules) -> int | None:
    """Return the status with which a request is refused before anything reads it, or None."""
    if under(call.path, ("/_upload",)):
        return 404
    if _is_on_store_host(call, rules) and not under(call.path, _ON_STORE_HOST):
        return 404
    if _must_be_ours(call) and not _is_ours(call, rules):
        return 403
    return _body_refusal(call)


def _is_on_store_host(call: Call, rules: Rules) -> bool:
    host = call.headers.get("host", "")
    name = urlsplit(f"//{host}").hostname if _HOST.match(host) else None
    return rules.store_host is not None and name == rules.store_host.lower()


def _must_be_ours(call: Call) -> bool:
    if call.kind == "websocket" or call.method not in _SAFE_METHODS:
        # Machines send no Origin, and carry no cookie that could be misused.
        return "origin" in call.headers or not under(call.path, (*_MACHINES, *_ONE_CLICK))
    # Reflex also talks by polling; a foreign page must not listen in.
    return under(call.path, _SOCKETS) and "origin" in call.headers


def _is_ours(call: Call, rules: Rules) -> bool:
    if call.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin, host = call.headers.get("origin", ""), call.headers.get("host", "")
    if origin == rules.origin:
        return True
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and bool(host) and parts.netloc == host


def most_bytes(path: str) -> int:
    """Return how large the body of a request to ``path`` may be."""
    if _HISTORY.match(path):
        return MOST_HISTORY_BYTES
    return MOST_PICTURE_BYTES if path.startswith(UPLOADS) else MOST_BYTES


def refusal_error(status: int, path: str) -> TradeError:
    """Return what a refusal with ``status`` says to whoever asked for ``path``."""
    if status == BodyTooLarge.status:
        if _PICTURE.match(path):
            return PictureTooLarge()
        most = uploads.MOST_BYTES if _HISTORY.match(path) else most_bytes(path)
        return BodyTooLarge(megabytes=most // 2**20)
    return {403: ForeignOrigin, 404: NotFound}.get(status, Unreadable)()


def _body_refusal(call: Call) -> int | None:
    declared = call.headers.get("content-length")
    if declared is None:
        return None
    if not (declared.isascii() and declared.isdecimal()):
        return 400
    return 413 if int(declared) > most_bytes(call.path) else None


def content_policy(area: Area, host: str, rules: Rules, script_hashes: Iterable[str] = ()) -> str:
    """Return the Content-Security-Policy of an area's answers."""
    if area is Area.MACHINE:
        return "default-src 'none'; frame-ancestors 'none'"
    scripts, connect, form = ["'self'"], ["'self'"], ["'self'"]
    if area is Area.CONSOLE:
        # Reflex evaluates its components; its inline scripts are known by their hashes.
        scripts += ["'unsafe-eval'", *script_hashes]
        if _HOST.match(host):
            connect.append(f"{'wss' if rules.is_https else 'ws'}://{host}")
    if area is Area.STORE:
        # The answer to the checkout form leads on to the provider's pay page.
        form += rules.payment_origins
    directives = {
        "default-src": ["'self'"],
        "script-src": scripts,
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'", "data:"],
        "connect-src": connect,
        "form-action": form,
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(values)}" for name, values in directives.items())


def security_headers(call: Call, rules: Rules, script_hashes: Iterable[str] = ()) -> dict[str, str]:
    """Return the headers that every answer to ``call`` carries."""
    policy = content_policy(area_of(call.path), call.headers.get("host", ""), rules, script_hashes)
    headers = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=(), usb=(), payment=()",
        "cross-origin-opener-policy": "same-origin",
        "x-frame-options": "DENY",
    }
    if rules.is_https:
        headers["strict-transport-security"] = "max-age=31536000"
    return headers


def cache_header(path: str, status: int, content_type: str) -> str | None:
    """Return how long a console file may be kept: hashed ones for ever, pages not at all."""
    if _HASHED.match(path) and status in (200, 206, 304):
        return "public, max-age=31536000, immutable"
    if content_type.startswith("text/html"):
        return "no-cache"
    return None


def inline_script_hashes(html: str) -> set[str]:
    """Return the CSP sources of the inline scripts of a page (data blocks need none)."""
    return {
        f"'sha256-{base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()}'"
        for attributes, body in _INLINE.findall(html)
        if not _DATA_TYPE.search(attributes)
    }


@lru_cache(maxsize=4)
def built_script_hashes(folder: Path) -> tuple[str, ...]:
    """Return the CSP sources of all inline scripts of the console's built pages."""
    found: set[str] = set()
    for file in folder.rglob("*.html"):
        found |= inline_script_hashes(file.read_text(encoding="utf-8"))
    return tuple(sorted(found))


class Edge:
    """The middleware; ``client`` is the folder of the console's finished build."""

    def __init__(
        self, app: ASGIApp, *, rules: Rules | None = None, client: Path | None = None
    ) -> None:
        self._app = app
        self._rules = rules or rules_of(settings())
        self._client = client or web_folder(settings().data_dir) / "build" / "client"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with a counted body and headers on the answer."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        call = _call(scope)
        status = refusal(call, self._rules)
        if status is not None:
            await self._refuse(call, status, scope, send)
        elif call.kind == "websocket":
            await self._app(scope, receive, send)
        else:
            await _Counted(most_bytes(call.path), self._with_headers(call, send)).run(
                self._app, scope, receive
            )

    async def _refuse(self, call: Call, status: int, scope: Scope, send: Send) -> None:
        if call.kind == "websocket":
            # Closing before accepting answers the handshake with 403.
            await send({"type": "websocket.close", "code": 1008})
            return
        await _answer(status, scope, self._with_headers(call, send))

    def _with_headers(self, call: Call, send: Send) -> Send:
        hashes = built_script_hashes(self._client) if area_of(call.path) is Area.CONSOLE else ()
        added = security_headers(call, self._rules, hashes)

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _merged(call, message, added)
            await send(message)

        return send_with


class _Counted:
    """One request whose body is counted as it comes, for there may be no Content-Length."""

    def __init__(self, most: int, send: Send) -> None:
        self._left = most
        self._send = send
        self._is_over = self._has_started = False

    async def run(self, app: ASGIApp, scope: Scope, receive: Receive) -> None:
        async def counted() -> Message:
            if self._is_over:
                return {"type": "http.disconnect"}
            message = await receive()
            if message["type"] == "http.request":
                self._left -= len(message.get("body", b""))
                if self._left < 0:
                    await self._break_off(scope)
                    return {"type": "http.disconnect"}
            return message

        try:
            await app(scope, counted, self._send_on)
        except Exception:
            # What the app makes of a request that we broke off is of no interest.
            if not self._is_over:
                raise

    async def _break_off(self, scope: Scope) -> None:
        self._is_over = True
        if not self._has_started:
            await _answer(413, scope, self._send)

    async def _send_on(self, message: Message) -> None:
        if not self._is_over:
            self._has_started = True
            await self._send(message)


async def _answer(status: int, scope: Scope, send: Send) -> None:
    """Answer a person with a page and a program with a problem, without reading the body."""
    answer = refused(Request(scope), refusal_error(status, scope["path"]))
    answer.headers["connection"] = "close"
    await answer(scope, _nothing, send)


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


def _call(scope: MutableMapping[str, Any]) -> Call:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return Call(scope["type"], scope.get("method", "GET"), scope["path"], headers)


def _merged(call: Call, message: Message, added: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Return the app's headers with ours; what the app decides itself stays."""
    given: list[tuple[bytes, bytes]] = [(n.lower(), v) for n, v in message.get("headers", [])]
    known = dict(given)
    wanted = dict(added)
    content_type = known.get(b"content-type", b"").decode("latin-1")
    cache = cache_header(call.path, message["status"], content_type)
    if cache is not None:
        wanted["cache-control"] = cache
    if message["status"] == Unavailable.status:
        wanted["retry-after"] = str(RETRY_SECONDS)
    ours = [(n.encode(), v.encode()) for n, v in wanted.items() if n.encode() not in known]
    return given + ours
