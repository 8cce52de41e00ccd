"""Lists as files: the same rows, columns and words as on the page, and nothing that acts."""

import asyncio
import csv
import io
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import fastexcel
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.access import SYSTEM
from app.api.web import make_web
from app.kit.db import Database
from app.queries import resource, sheets
from app.queries.lists import all_resources
from app.queries.resource import Column
from app.queries.sheets import CsvSheet, without_formula
from app.services.sessions import COOKIE
from models.identity import Merchant
from tests.integration.people import join, make_merchant, make_user, open_session


@asynccontextmanager
async def _no_lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield


@pytest.fixture
async def web(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    del database
    transport = httpx.ASGITransport(make_web(_no_lifespan))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def _owner(database: Database, merchant: Merchant | None, role: str = "owner") -> str:
    user = await make_user(database)
    await join(database, user.id, merchant.id if merchant else None, role)
    return await open_session(database, user.id)


async def _get(web: httpx.AsyncClient, token: str, path: str, lang: str = "en") -> httpx.Response:
    return await web.get(path, headers={"cookie": f"{COOKIE}={token}; ts_lang={lang}"})


def _table(answer: httpx.Response) -> list[list[str]]:
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def test_a_file_holds_what_the_page_shows(web: httpx.AsyncClient, database: Database) -> None:
    token = await _owner(database, None, "platform_owner")
    first, second = await make_merchant(database), await make_merchant(database, status="PENDING")
    base = "/download/platform/main/merchants.csv"
    lines = _table(await _get(web, token, base))
    assert lines[0][:2] == ["Company", "Short name"]
    codes = {line[1] for line in lines[1:]}
    assert {first.code, second.code} <= codes
    narrowed = _table(await _get(web, token, f"{base}?status=PENDING&columns=code,status"))
    assert narrowed[0] == ["Short name", "Status"]
    assert [second.code, "To review"] in narrowed
    assert first.code not in {line[0] for line in narrowed}
    found = _table(await _get(web, token, f"{base}?q={second.code}&columns=code"))
    assert found == [["Short name"], [second.code]]


async def test_labels_and_words_follow_the_reader(
    web: httpx.AsyncClient, database: Database
) -> None:
    token = await _owner(database, None, "platform_owner")
    merchant = await make_merchant(database, status="PENDING")
    path = f"/download/platform/main/merchants.csv?q={merchant.code}&columns=code,status"
    answer = await _get(web, token, path, "zh")
    assert _table(answer) == [["简称", "状态"], [merchant.code, "待审核"]]
    assert "filename*=UTF-8''%E5%95%86%E6%88%B7" in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "private, no-store"


async def test_a_column_needs_its_permission(
    web: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = Column("secret", "Secret", "'77.31'", permission="platform:costs:read")
    known = all_resources()[("platform", "merchants")]
    monkeypatch.setattr(
        "app.api.downloads.resource_named",
        lambda *_: resource.Resource(**{**vars(known), "columns": (*known.columns, secret)}),
    )
    path = "/download/platform/main/merchants.csv?columns=code,secret"
    finance = await _owner(database, None, "platform_finance")
    assert _table(await _get(web, finance, path))[0] == ["Short name"]
    owner = await _owner(database, None, "platform_owner")
    assert _table(await _get(web, owner, path))[0] == ["Short name", "Secret"]


async def test_refusals(web: httpx.AsyncClient, database: Database) -> None:
    mine, theirs = await make_merchant(database), await make_merchant(database)
    token = await _owner(database, mine)
    analyst = await _owner(database, mine, "analyst")
    staff = f"/download/supplier/{mine.code}/staff"
    assert (await _get(web, token, f"{staff}.csv")).status_code == 200
    assert (await _get(web, analyst, f"{staff}.csv")).status_code == 403
    for path in (
        f"/download/supplier/{theirs.code}/staff.csv",
        "/download/platform/main/merchants.csv",
        f"/download/supplier/{mine.code}/merchants.csv",
        f"/download/supplier/{mine.code}/nothing.xlsx",
        f"{staff}.exe",
        "/download/consumer/x/orders.csv",
    ):
        assert (await _get(web, token, path)).status_code == 404, path
    away = await _get(web, "forged", f"{staff}.csv")
    assert (away.status_code, away.headers["location"][:12]) == (303, "/login?next=")


async def test_only_ones_own_rows_are_in_it(web: httpx.AsyncClient, database: Database) -> None:
    mine, theirs = await make_merchant(database), await make_merchant(database)
    token = await _owner(database, mine)
    stranger = await make_user(database)
    await join(database, stranger.id, theirs.id)
    for name in ("staff", "audit"):
        answer = await _get(web, token, f"/download/supplier/{mine.code}/{name}.csv")
        assert len(_table(answer)) > 1
        assert stranger.email not in answer.text
        assert str(stranger.id) not in answer.text


async def test_nothing_in_a_file_acts_as_a_formula(
    web: httpx.AsyncClient, database: Database
) -> None:
    token = await _owner(database, None, "platform_owner")
    merchant = await make_merchant(database)
    evil = '=HYPERLINK("http://evil.example","x")'
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(
            text("update merchants set name = :name where id = :id"),
            {"name": evil, "id": merchant.id},
        )
    path = f"/download/platform/main/merchants.%s?q={merchant.code}&columns=name"
    assert _table(await _get(web, token, path % "csv"))[1] == [f"'{evil}"]
    book = await _get(web, token, path % "xlsx")
    with zipfile.ZipFile(io.BytesIO(book.content)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet.lower().replace("hyperlink(", "")
    rows = fastexcel.read_excel(book.content).load_sheet(0).to_polars().rows()
    assert rows == [(evil,)]


@pytest.mark.parametrize(
    ("text", "written"),
    [("=1+1", "'=1+1"), ("+86", "'+86"), ("-2", "'-2"), ("@a", "'@a"), ("\t=1", "'\t=1"),
     ("a=1", "a=1"), ("", "")],
)  # fmt: skip
def test_leading_signs_are_defused(text: str, written: str) -> None:
    assert without_formula(text) == written


async def test_money_and_moments_are_numbers_in_a_spreadsheet(
    web: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = all_resources()[("platform", "merchants")]
    columns = (
        Column("money", "Money", "7731", "money"),
        Column("rate", "Rate", "550", "rate"),
        Column("at", "At", "timestamptz '2026-11-24 16:30+00'", "moment"),
    )
    monkeypatch.setattr(
        "app.api.downloads.resource_named",
        lambda *_: resource.Resource(**{**vars(known), "columns": columns, "default_sort": ""}),
    )
    await make_merchant(database)
    token = await _owner(database, None, "platform_owner")
    book = await _get(web, token, "/download/platform/main/merchants.xlsx")
    row = fastexcel.read_excel(book.content).load_sheet(0).to_polars().row(0)
    # Shanghai has the next day already.
    assert row == (77.31, 0.055, datetime(2026, 11, 25, 0, 30))  # noqa: DTZ001
    lines = _table(await _get(web, token, "/download/platform/main/merchants.csv"))
    assert lines[1] == ["77.31", "5.5 %", "2026-11-25 00:30"]


async def test_a_cut_file_says_so(
    web: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        await make_merchant(database)
    monkeypatch.setattr(resource, "MOST_EXPORTED", 3)
    monkeypatch.setattr(sheets, "MOST_EXPORTED", 3)
    token = await _owner(database, None, "platform_owner")
    path = "/download/platform/main/merchants"
    lines = _table(await _get(web, token, f"{path}.csv?columns=code"))
    assert len(lines) == 1 + 3 + 1
    assert "first 3 rows" in lines[-1][0]
    book = await _get(web, token, f"{path}.xlsx?columns=code")
    rows = fastexcel.read_excel(book.content).load_sheet(0).to_polars().rows()
    assert len(rows) == 4
    assert "first 3 rows" in rows[-1][0]


def test_exactly_as_many_rows_as_permitted_are_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_EXPORTED", 2)
    sheet = CsvSheet([Column("n", "N", "n", "quantity")], "en")
    assert sheet.piece([{"n": 1}, {"n": 2}]) == b"1\r\n2\r\n"
    assert b"Only the first" in sheet.piece([{"n": 3}])


def test_every_list_can_be_found(database: Database) -> None:
    del database
    found = all_resources()
    assert ("platform", "merchants") in found
    for scope in ("platform", "supplier", "distributor"):
        assert {(scope, "staff"), (scope, "audit")} <= set(found)
    for (scope, name), one in found.items():
        assert one.permission.startswith(f"{scope}:")
        assert one.name == name


def test_a_range_of_amounts_is_two_columns_of_numbers() -> None:
    price = Column("price", "Supply price", "p", "range")
    title = Column("title", "Title", "t", "title")
    assert [c.key for c in sheets.exported([title, price], ["price"])] == [
        "price.low",
        "price.high",
    ]
    sheet = CsvSheet(sheets.exported([title, price], []), "en")
    lines = (sheet.head() + sheet.piece([{"title": "=1", "price": [2_600, 3_250]}])).decode()
    assert lines.removeprefix("\ufeff").splitlines() == [
        'Title,"Supply price, lowest","Supply price, highest"',
        "'=1,26.00,32.50",
    ]


async def test_a_spreadsheet_can_be_read_whenever_the_server_gets_to_it(
    web: httpx.AsyncClient, database: Database
) -> None:
    """A server that is handed a path opens it when it pleases, also after the answer is done."""
    del web
    token = await _owner(database, None, "platform_owner")
    sent: list[dict[str, Any]] = []

    asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        # The browser stays, so there is nothing more to hear from it.
        return next(asked, None) or await asyncio.Event().wait() or {}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": "/download/platform/main/merchants.xlsx",
        "raw_path": b"/download/platform/main/merchants.xlsx", "query_string": b"",
        "headers": [(b"host", b"test"), (b"cookie", f"{COOKIE}={token}".encode())],
        "server": ("test", 80), "client": ("test", 1),
        "extensions": {"http.response.pathsend": {}},
    }  # fmt: skip
    await make_web(_no_lifespan)(scope, receive, send)
    body = b"".join(
        Path(m["path"]).read_bytes() if "path" in m else m.get("body", b"") for m in sent
    )
    headers = {name: value for m in sent for name, value in m.get("headers", [])}
    assert sent[0]["status"] == 200
    assert int(headers[b"content-length"]) == len(body)
    assert zipfile.ZipFile(io.BytesIO(body)).testzip() is None


async def test_nothing_of_a_spreadsheet_stays_behind(
    web: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    token = await _owner(database, None, "platform_owner")
    assert (await _get(web, token, "/download/platform/main/merchants.xlsx")).is_success
    assert not list(tmp_path.iterdir())


async def test_a_person_reads_why_a_file_is_refused(
    web: httpx.AsyncClient, database: Database
) -> None:
    mine = await make_merchant(database)
    token = await _owner(database, mine, "analyst")
    headers = {"cookie": f"{COOKIE}={token}; ts_lang=en", "accept": "text/html,*/*;q=0.8"}
    answer = await web.get(f"/download/supplier/{mine.code}/staff.csv", headers=headers)
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")
    assert "<h1>This did not work</h1>" in answer.text
    plain = await _get(web, token, f"/download/supplier/{mine.code}/staff.csv")
    assert plain.headers["content-type"] == "application/problem+json"
