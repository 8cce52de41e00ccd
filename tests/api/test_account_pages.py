"""The account pages as a browser meets them, behind the edge."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from pyotp.totp import TOTP
from sqlalchemy import text

from app.access import SYSTEM
from app.api import account, uploads
from app.api.account.pages import safe_next
from app.api.edge import Edge, Rules
from app.kit import rate_limits
from app.kit.clock import now
from app.kit.db import Database
from app.kit.settings import settings
from app.services import accounts, mails
from app.services.roles import sync_built_in_roles
from app.services.sessions import COOKIE
from tests.integration.people import PASSWORD, join, make_merchant, make_user, open_session

ORIGIN = "http://shop.example"
OURS = {"origin": ORIGIN, "accept-language": "en"}


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TONGSHANG_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    rate_limits.forget_all()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
async def browser(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    del database
    web = FastAPI()
    account.install(web)
    uploads.install(web)
    edge = Edge(web, rules=Rules(ORIGIN, None, ()), client=tmp_path)
    transport = httpx.ASGITransport(edge)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=OURS) as client:
        yield client


async def _sign_in(
    browser: httpx.AsyncClient, email: str, password: str = PASSWORD, **more: str
) -> httpx.Response:
    return await browser.post("/login", data={"email": email, "password": password, **more})


# Signing in and out


async def test_a_user_with_one_workspace_lands_in_it(
    browser: httpx.AsyncClient, database: Database
) -> None:
    user, merchant = await make_user(database), await make_merchant(database)
    await join(database, user.id, merchant.id)
    answer = await _sign_in(browser, user.email)
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/supplier/{merchant.code}/dashboard",
    )
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    # Whoever is signed in needs no form.
    again = await browser.get("/login")
    assert again.headers["location"] == f"/supplier/{merchant.code}/dashboard"


async def test_the_cookie_is_for_https_alone_where_there_is_https(
    browser: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TONGSHANG_PUBLIC_URL", "https://shop.example")
    settings.cache_clear()
    user = await make_user(database)
    answer = await _sign_in(browser, user.email)
    assert "; secure" in answer.headers["set-cookie"].lower()


async def test_signing_in_never_keeps_a_token_that_was_planted(
    browser: httpx.AsyncClient, database: Database
) -> None:
    user, thief = await make_user(database), await make_user(database)
    planted = await open_session(database, thief.id)
    browser.cookies.set(COOKIE, planted)
    await browser.get("/logout")
    for token in (planted, "made-up-by-the-attacker"):
        browser.cookies.clear()
        browser.cookies.set(COOKIE, token)
        answer = await _sign_in(browser, user.email)
        given = re.search(rf"{COOKIE}=([^;]+)", answer.headers["set-cookie"])
        assert given
        assert given[1] != token
    # The planted session is over, too, so the thief cannot watch through it.
    browser.cookies.clear()
    browser.cookies.set(COOKIE, planted)
    assert (await browser.get("/workspaces")).headers["location"].startswith("/login")


async def test_known_and_unknown_addresses_get_the_same_page(
    browser: httpx.AsyncClient, database: Database
) -> None:
    user = await make_user(database, "same-length@test.example")
    pages: set[tuple[int, str]] = set()
    for email in (user.email, "other-lenght@test.example"):
        answer = await _sign_in(browser, email, "not the password")
        pages.add((answer.status_code, answer.text.replace(email, "…")))
        assert "set-cookie" not in answer.headers
    assert len(pages) == 1
    assert next(iter(pages))[0] == 401
    forgotten = set[tuple[int, str]]()
    for email in (user.email, "other-lenght@test.example"):
        answer = await browser.post("/forgot", data={"email": email})
        forgotten.add((answer.status_code, answer.headers["location"]))
    assert forgotten == {(303, "/forgot?sent=1")}


async def test_logging_out_ends_the_session_on_the_server(
    browser: httpx.AsyncClient, database: Database
) -> None:
    user = await make_user(database)
    token = await open_session(database, user.id)
    browser.cookies.set(COOKIE, token)
    assert (await browser.get("/workspaces")).status_code == 200
    assert (await browser.get("/logout")).status_code == 405
    assert (await browser.post("/logout")).status_code == 303
    browser.cookies.clear()
    browser.cookies.set(COOKIE, token)
    assert (await browser.get("/workspaces")).status_code == 303


async def test_the_second_step_in_the_browser(
    browser: httpx.AsyncClient, database: Database
) -> None:
    user = await make_user(database)
    await _sign_in(browser, user.email)
    page = await browser.get("/me/second-factor")
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page.text)
    assert secret
    totp = TOTP(secret[1].replace(" ", ""))
    assert "<svg" in page.text
    done = await browser.post(
        "/me/second-factor", data={"action": "confirm", "code": totp.at(now())}
    )
    codes = re.findall(r"<li><code>([a-z0-9-]+)</code>", done.text)
    assert len(codes) == 10
    assert done.headers["cache-control"] == "no-store"
    assert codes[0] not in (await browser.get("/me/second-factor")).text
    await browser.post("/logout")
    answer = await _sign_in(browser, user.email, next="/me/sessions")
    assert answer.headers["location"] == "/login/second-factor?next=%2Fme%2Fsessions"
    # Half signed in is not signed in.
    assert (await browser.get("/workspaces")).status_code == 303
    wrong = await browser.post("/login/second-factor", data={"code": "000000"})
    assert wrong.status_code == 401
    right = await browser.post(
        "/login/second-factor", data={"code": codes[0], "next": "/me/sessions"}
    )
    assert right.headers["location"] == "/me/sessions"
    assert (await browser.get("/workspaces")).status_code == 200


# Where a login leads


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "/supplier/x/../../evil",
        "/supplier/x/%0d%0aset-cookie:a=b\r\n",
        "/login",
        "/logout",
        "/s/store",
        "/download/supplier/x/orders.csv",
        "supplier/x/dashboard",
        "javascript:alert(1)",
        "/workspaces.evil.example",
        " /workspaces",
        "/me/\t/evil",
        "",
        None,
    ],
)
def test_a_login_leads_nowhere_else(path: str | None) -> None:
    assert safe_next(path) is None


@pytest.mark.parametrize(
    "path",
    [
        "/supplier/qingyao/orders?status=PAID&page=2",
        "/platform/main/dashboard",
        "/workspaces",
        "/me/sessions",
        "/invite?token=abc",
        "/apply",
    ],
)
async def test_a_login_leads_back_to_where_one_came_from(
    browser: httpx.AsyncClient, database: Database, path: str
) -> None:
    user = await make_user(database)
    assert (await _sign_in(browser, user.email, next=path)).headers["location"] == path


async def test_the_address_of_the_form_is_no_way_out(
    browser: httpx.AsyncClient, database: Database
) -> None:
    user = await make_user(database)
    page = await browser.get("/login", params={"next": "https://evil.example"})
    assert 'name="next" value=""' in page.text
    assert "//evil.example" not in page.text
    answer = await _sign_in(browser, user.email, next="//evil.example")
    assert answer.headers["location"] == "/workspaces"


# Registering, invitations, resets


async def test_registering_with_an_application_shows_where_it_stands(
    browser: httpx.AsyncClient, database: Database
) -> None:
    del database
    await sync_built_in_roles()
    form = {
        "name": "何光",
        "email": "he@test.example",
        "password": "a long enough sentence",
        "is_supplier": "on",
        "company": "和光茶厂",
        "code": "Heguang-Tea",
    }
    bad = await browser.post("/register", data=form | {"password": "short", "code": "no spaces"})
    assert bad.status_code == 422
    assert bad.text.count('class="error"') == 2
    assert "short" not in re.sub(r"<label.*?</label>", "", bad.text).replace("a short", "")
    answer = await browser.post("/register", data=form)
    assert answer.headers["location"] == "/workspaces"
    page = await browser.get("/workspaces")
    assert "Waiting for approval" in page.text
    assert "和光茶厂" in page.text
    # It is not open yet.
    assert "/supplier/heguang-tea" not in page.text


async def _mail(database: Database) -> str:
    async with database.engine_transaction(SYSTEM) as session:
        found = await session.execute(
            text("delete from procrastinate_jobs returning task_name, args")
        )
        rows: list[Any] = list(found)
    for row in rows:
        if row.task_name == "tongshang:mail_reset_link":
            await accounts.mail_reset_link(**row.args)
            return await _mail(database)
        await mails.send_sealed(**row.args)
    (file,) = (settings().data_dir / "outbox").glob("*.eml")
    return file.read_text()


async def test_a_forgotten_password_is_set_anew_once(
    browser: httpx.AsyncClient, database: Database
) -> None:
    user = await make_user(database)
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(text("delete from procrastinate_jobs"))
    await browser.post("/forgot", data={"email": user.email})
    found = re.search(r"/reset\?token=(\S+)", (await _mail(database)).replace("=\n", ""))
    assert found
    token = found[1].replace("3D", "", 1) if found[1].startswith("3D") else found[1]
    link = f"/reset?token={token}"
    assert (await browser.get(link)).status_code == 200
    answer = await browser.post(link, data={"password": "another long sentence"})
    assert answer.headers["location"] == "/login?note=reset"
    for method in ("GET", "POST"):
        gone = await browser.request(method, link, data={"password": "another long sentence"})
        assert gone.status_code == 410
    assert (await _sign_in(browser, user.email, "another long sentence")).status_code == 303


# Walls


async def test_a_foreign_page_cannot_post(browser: httpx.AsyncClient, database: Database) -> None:
    user = await make_user(database)
    form = {"email": user.email, "password": PASSWORD}
    for headers in (
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": ORIGIN, "sec-fetch-site": "cross-site"},
    ):
        answer = await browser.post("/login", data=form, headers=headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


async def test_account_pages_hold_no_script_at_all(
    browser: httpx.AsyncClient, database: Database
) -> None:
    user = await make_user(database)
    pages = ["/login", "/register", "/forgot"]
    for path in pages:
        assert not re.search(r"<script|\son\w+=", (await browser.get(path)).text), path
    await _sign_in(browser, user.email)
    for path in ("/workspaces", "/apply", "/me/profile", "/me/password", "/me/sessions"):
        page = await browser.get(path)
        assert page.status_code == 200, path
        assert not re.search(r"<script|\son\w+=", page.text), path
        assert "script-src 'self';" in page.headers["content-security-policy"]
        for address in re.findall(r'(?:href|src|action)="([^"]*)"', page.text):
            assert address.startswith(("/", "#", "?", "data:image/")), address


async def test_what_people_type_is_shown_as_text(
    browser: httpx.AsyncClient, database: Database
) -> None:
    del database
    nasty = '"><script>alert(1)</script>@x.yz'
    answer = await _sign_in(browser, nasty, "whatever it may be")
    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text


async def test_both_languages_and_both_colours(browser: httpx.AsyncClient) -> None:
    english = await browser.get("/login")
    assert '<html lang="en"' in english.text
    chinese = await browser.get("/login?lang=zh")
    assert '<html lang="zh-CN"' in chinese.text
    assert "登录" in chinese.text
    # The choice is kept.
    assert '<html lang="zh-CN"' in (await browser.get("/register")).text
    dark = await browser.get("/login?theme=dark")
    assert 'class="dark"' in dark.text
    style = re.search(r'href="(/account-static/[0-9a-f]+\.css)"', dark.text)
    assert style
    answer = await browser.get(style[1])
    assert answer.headers["cache-control"].endswith("immutable")
    assert "prefers-color-scheme:dark" in answer.text
    assert (await browser.get("/account-static/old.css")).status_code == 404


async def test_demo_logins_show_only_where_the_demo_is(
    browser: httpx.AsyncClient, database: Database
) -> None:
    assert "@demo.example" not in (await browser.get("/login")).text
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(
            text("insert into platform_settings (key, value) values ('demo', '{\"on\": true}')")
        )
    try:
        shown = (await browser.get("/login")).text
    finally:
        async with database.engine_transaction(SYSTEM) as session:
            await session.execute(text("delete from platform_settings"))
    assert shown.count('value="tongshang-demo"') == 4


async def test_ending_a_session_and_all_of_them(
    browser: httpx.AsyncClient, database: Database
) -> None:
    user, stranger = await make_user(database), await make_user(database)
    other = await open_session(database, user.id)
    await open_session(database, stranger.id)
    await _sign_in(browser, user.email)
    page = await browser.get("/me/sessions")
    ids = re.findall(r'name="session" value="([0-9a-f-]+)"', page.text)
    assert len(ids) == 2
    async with database.engine_transaction(SYSTEM) as session:
        foreign = await session.scalar(
            text("select id from user_sessions where user_id = :user"), {"user": stranger.id}
        )
    for wrong in (str(foreign), "nonsense", ""):
        answer = await browser.post("/me/sessions", data={"session": wrong})
        assert answer.status_code == 404
    answer = await browser.post("/me/sessions", data={"action": "everywhere"})
    assert answer.headers["location"] == "/login?note=everywhere"
    browser.cookies.set(COOKIE, other)
    assert (await browser.get("/workspaces")).status_code == 303


# Setting up an installation without a demo


async def test_the_set_up_page_needs_the_token_of_the_terminal(
    browser: httpx.AsyncClient, owner_connection: psycopg.Connection[Any], tmp_path: Path
) -> None:
    owner_connection.execute("truncate users cascade")
    await sync_built_in_roles()
    (tmp_path / "setup-token").write_text("from-the-terminal\n")
    form = {"name": "First", "email": "first@test.example", "password": "a long enough sentence"}
    for token in ("", "guessed"):
        assert (await browser.get("/setup", params={"token": token})).status_code == 410
        answer = await browser.post("/setup", params={"token": token}, data=form)
        assert answer.status_code == 410
    link = "/setup?token=from-the-terminal"
    assert (await browser.get(link)).status_code == 200
    answer = await browser.post(link, data=form)
    assert answer.headers["location"] == "/platform/main/dashboard"
    assert not (tmp_path / "setup-token").exists()
    again = await browser.post(link, data=form | {"email": "second@test.example"})
    assert again.status_code == 410
