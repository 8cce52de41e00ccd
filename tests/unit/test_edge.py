"""The edge trusts no request: origins, bodies, doors, hosts, headers."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from app.api.edge import (
    MOST_BYTES,
    MOST_PICTURE_BYTES,
    Area,
    Call,
    Edge,
    Rules,
    area_of,
    built_script_hashes,
    cache_header,
    content_policy,
    inline_script_hashes,
    most_bytes,
    refusal,
    security_headers,
)

RULES = Rules("http://shop.example:8000", "stores.example", ("http://pay.example:9000",))
HTTPS = Rules("https://shop.example", None, ())


def _call(path: str, method: str = "POST", kind: str = "http", **headers: str) -> Call:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Call(kind, method, path, {"host": "shop.example:8000"} | named)


OURS = "http://shop.example:8000"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/login", "/upload/supplier/x/picture", "/s/store/checkout"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": OURS}, None),
        ({"origin": OURS, "sec_fetch_site": "same-origin"}, None),
        ({}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://shop.example"}, 403),
        ({"origin": "http://shop.example:8000.evil.example"}, 403),
        ({"origin": "http://shop.example:8000@evil.example"}, 403),
        ({"origin": OURS, "sec_fetch_site": "cross-site"}, 403),
        ({"origin": OURS, "sec_fetch_site": "same-site"}, 403),
    ],
)
def test_writes_must_come_from_our_own_pages(
    method: str, path: str, headers: dict[str, str], status: int | None
) -> None:
    assert refusal(_call(path, method, **headers), RULES) == status


def test_reads_and_machines_need_no_origin_but_a_foreign_one_is_refused() -> None:
    for path in ("/callbacks/sandbox", "/api/v1/stores/x/orders"):
        assert refusal(_call(path), RULES) is None
        assert refusal(_call(path, origin="http://evil.example"), RULES) == 403
    for path in ("/callbacksx", "/apix/y"):
        assert refusal(_call(path), RULES) == 403
    assert refusal(_call("/login", "GET", origin="http://evil.example"), RULES) is None
    assert refusal(_call("/_event/", "GET"), RULES) is None
    assert refusal(_call("/_event/", "GET", origin="http://evil.example"), RULES) == 403


def test_a_websocket_must_come_from_our_own_pages() -> None:
    assert refusal(_call("/_event/", "GET", "websocket", origin=OURS), RULES) is None
    for headers in ({}, {"origin": "http://evil.example"}, {"origin": "null"}):
        assert refusal(_call("/_event/", "GET", "websocket", **headers), RULES) == 403


def test_behind_a_proxy_the_public_address_counts() -> None:
    call = Call("http", "POST", "/login", {"host": "10.0.0.7", "origin": "https://shop.example"})
    assert refusal(call, HTTPS) is None


@pytest.mark.parametrize("path", ["/_upload", "/_upload/", "/_upload/picture.png"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_reflex_upload_is_shut(path: str, method: str) -> None:
    assert refusal(_call(path, method, origin=OURS), RULES) == 404


@pytest.mark.parametrize(
    ("length", "path", "status"),
    [
        (str(MOST_BYTES), "/login", None),
        (str(MOST_BYTES + 1), "/login", 413),
        (str(MOST_BYTES + 1), "/upload/supplier/x/picture", None),
        (str(MOST_PICTURE_BYTES + 1), "/upload/supplier/x/picture", 413),
        ("-1", "/login", 400),
        ("1_000", "/login", 400),
        ("٣", "/login", 400),
    ],
)
def test_declared_bodies_are_capped(length: str, path: str, status: int | None) -> None:
    assert refusal(_call(path, origin=OURS, content_length=length), RULES) == status


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/s/muxia", None),
        ("/store-static/store.css", None),
        ("/media/pictures/x/480.webp", None),
        ("/api/v1/stores/x", None),
        ("/callbacks/sandbox", None),
        ("/login", 404),
        ("/platform/main/dashboard", 404),
        ("/_event/", 404),
        ("/assets/index-abcdefgh.js", 404),
        ("/", 404),
    ],
)
def test_the_stores_host_shows_no_console(path: str, status: int | None) -> None:
    for host in ("stores.example", "STORES.example:8000"):
        assert refusal(Call("http", "GET", path, {"host": host}), RULES) == status


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("/", Area.CONSOLE),
        ("/supplier/qingyao/products", Area.CONSOLE),
        ("/login", Area.ACCOUNT),
        ("/login/second-factor", Area.ACCOUNT),
        ("/loginx", Area.CONSOLE),
        ("/me/sessions", Area.ACCOUNT),
        ("/s/muxia/p/1", Area.STORE),
        ("/media/x", Area.MACHINE),
        ("/healthz", Area.MACHINE),
    ],
)
def test_areas(path: str, area: Area) -> None:
    assert area_of(path) is area


def _directives(policy: str) -> dict[str, list[str]]:
    return {part.split()[0]: part.split()[1:] for part in policy.split("; ")}


def test_only_the_console_evaluates_and_only_stores_post_to_the_provider() -> None:
    policies = {
        area: _directives(content_policy(area, "shop.example:8000", RULES, ["'sha256-x'"]))
        for area in (Area.CONSOLE, Area.STORE, Area.ACCOUNT)
    }
    assert policies[Area.CONSOLE]["script-src"] == ["'self'", "'unsafe-eval'", "'sha256-x'"]
    assert policies[Area.CONSOLE]["connect-src"] == ["'self'", "ws://shop.example:8000"]
    for area in (Area.STORE, Area.ACCOUNT):
        assert policies[area]["script-src"] == ["'self'"]
    assert policies[Area.STORE]["form-action"] == ["'self'", "http://pay.example:9000"]
    for area in (Area.CONSOLE, Area.ACCOUNT):
        assert policies[area]["form-action"] == ["'self'"]
    for policy in policies.values():
        assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]


def test_a_made_up_host_cannot_write_into_the_policy() -> None:
    policy = content_policy(Area.CONSOLE, "evil.example; script-src *", RULES)
    assert _directives(policy)["connect-src"] == ["'self'"]
    assert "evil" not in policy


def test_https_is_remembered_only_where_there_is_https() -> None:
    call = _call("/login", "GET")
    assert "strict-transport-security" not in security_headers(call, RULES)
    secure = security_headers(call, HTTPS)
    assert secure["strict-transport-security"] == "max-age=31536000"
    console = security_headers(_call("/", "GET"), HTTPS)
    assert "wss://shop.example:8000" in console["content-security-policy"]


def test_hashed_files_are_kept_for_ever_and_pages_are_not() -> None:
    forever = "public, max-age=31536000, immutable"
    assert cache_header("/assets/index-Bx9_a1Qz.js", 200, "text/javascript") == forever
    assert cache_header("/assets/index-Bx9_a1Qz.js", 404, "text/plain") is None
    assert cache_header("/assets/logo.svg", 200, "image/svg+xml") is None
    assert cache_header("/", 200, "text/html; charset=utf-8") == "no-cache"


def test_inline_scripts_are_known_by_their_hash(tmp_path: Path) -> None:
    # The digest of "alert(1)", as browsers print it when they refuse it.
    known = "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"
    html = (
        '<script>alert(1)</script><script src="/a.js"></script>'
        '<script type="application/ld+json">{"a": 1}</script>'
    )
    assert inline_script_hashes(html) == {known}
    assert inline_script_hashes('<script type="module">alert(1)</script>') == {known}
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "index.html").write_text(html)
    assert built_script_hashes(tmp_path) == (known,)


# The middleware itself


async def _echo(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def _home(_: Request) -> Response:
    return HTMLResponse("<p>hello")


async def _own_policy(_: Request) -> Response:
    return HTMLResponse("<p>", headers={"content-security-policy": "default-src 'none'"})


async def _socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("in")
    await socket.close()


def _app(tmp_path: Path) -> Edge:
    inner = Starlette(
        routes=[
            Route("/", _home),
            Route("/login", _echo, methods=["POST"]),
            Route("/s/x", _own_policy),
            WebSocketRoute("/_event", _socket),
        ]
    )
    return Edge(inner, rules=RULES, client=tmp_path)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(_app(tmp_path))
    async with httpx.AsyncClient(transport=transport, base_url=OURS) as opened:
        yield opened


async def test_answers_carry_the_headers_and_the_apps_own_stay(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-cache"
    own = await client.get("/s/x")
    assert own.headers.get_list("content-security-policy") == ["default-src 'none'"]
    refused = await client.post("/login", content=b"x", headers={"origin": "http://evil.example"})
    assert refused.status_code == 403
    assert "content-security-policy" in refused.headers


async def test_a_body_without_a_length_is_counted(client: httpx.AsyncClient) -> None:
    async def chunks(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"x" * 2**16

    fits = await client.post("/login", content=chunks(16), headers={"origin": OURS})
    assert (fits.status_code, fits.text) == (200, str(MOST_BYTES))
    over = await client.post("/login", content=chunks(17), headers={"origin": OURS})
    assert over.status_code == 413


async def test_a_declared_body_is_refused_unread(client: httpx.AsyncClient) -> None:
    answer = await client.post("/login", content=b"x" * (MOST_BYTES + 1), headers={"origin": OURS})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/login", "1 MB"),
        ("/upload/supplier/x/picture", "8 MB"),
        ("/upload/supplier/x/detail-picture", "8 MB"),
        ("/upload/platform/main/imports/1", "512 MB"),
        ("/upload/platform/main/other", "9 MB"),
    ],
)
async def test_a_body_that_is_too_large_is_told_the_limit(
    client: httpx.AsyncClient, path: str, limit: str
) -> None:
    most = str(most_bytes(path) + 1)
    sent = {"origin": OURS, "content-length": most, "cookie": "ts_lang=en"}
    told = await client.post(path, headers=sent, content=b"x")
    assert told.status_code == 413
    assert told.headers["content-type"] == "application/problem+json"
    assert told.json()["type"] == "urn:tongshang:problem:too_large"
    assert limit in told.json()["title"]
    chinese = await client.post(path, headers=sent | {"cookie": "ts_lang=zh"}, content=b"x")
    assert limit in chinese.json()["title"] != told.json()["title"]
    page = await client.post(path, headers=sent | {"accept": "text/html"}, content=b"x")
    assert page.status_code == 413
    assert page.headers["content-type"].startswith("text/html")
    assert limit in page.text


async def test_every_refusal_of_the_edge_is_a_sentence(client: httpx.AsyncClient) -> None:
    ours = {"origin": OURS}
    for path, headers, status in (
        ("/_upload", ours, 404),
        ("/login", {"origin": "http://evil.example"}, 403),
        ("/login", ours | {"content-length": "1_0"}, 400),
    ):
        told = await client.post(path, headers=headers, content=b"x")
        assert (told.status_code, told.json()["status"]) == (status, status)
        assert len(told.json()["title"]) > 15
        page = await client.post(path, headers=headers | {"accept": "text/html"}, content=b"x")
        assert page.status_code == status
        assert "<h1" in page.text


async def _handshake(app: Edge, origin: str | None) -> str:
    """Return what a browser gets for a websocket: its acceptance or its end."""
    headers = [(b"host", b"shop.example:8000")]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    sent: list[str] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    scope = {"type": "websocket", "path": "/_event", "headers": headers, "query_string": b""}
    await app(scope | {"subprotocols": []}, receive, send)
    return sent[0]


async def test_a_foreign_page_opens_no_websocket(tmp_path: Path) -> None:
    app = _app(tmp_path)
    assert await _handshake(app, OURS) == "websocket.accept"
    assert await _handshake(app, "http://evil.example") == "websocket.close"
    assert await _handshake(app, None) == "websocket.close"
