"""Dashboards as files: what the page shows, to whom it would, and nothing that acts."""

import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import fastexcel
import httpx
import pytest
from fastapi import FastAPI

from app.access import Actor
from app.analytics.charts import Reader
from app.analytics.dashboards import Dashboard
from app.analytics.files import csv_of
from app.analytics.results import Panel
from app.analytics.views import View
from app.api.web import make_web
from app.kit.db import Database
from app.services.sessions import COOKIE
from models.identity import Merchant
from tests import boards
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


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Actor, View]]:
    """Let dashboards have a panel of every kind; return who asked for what."""
    found: list[tuple[Actor, View]] = []

    async def opened(actor: Actor, view: View) -> Dashboard:
        actor.require(f"{actor.scope}:dashboard:read")
        found.append((actor, view))
        return Dashboard(actor.scope, view, (), boards.EVERY, (), view.period.at, None)

    async def opened_alone(actor: Actor, view: View, name: str) -> Dashboard:
        dashboard = await opened(actor, view)
        panels = tuple(panel for panel in dashboard.panels if panel.name == name)
        return replace(dashboard, panels=panels)

    monkeypatch.setattr("app.api.boards.open_dashboard", opened)
    monkeypatch.setattr("app.api.boards.open_panel", opened_alone)
    return found


async def _member(database: Database, merchant: Merchant | None, role: str) -> str:
    user = await make_user(database)
    await join(database, user.id, merchant.id if merchant else None, role)
    return await open_session(database, user.id)


async def _get(web: httpx.AsyncClient, token: str, path: str, lang: str = "en") -> httpx.Response:
    return await web.get(path, headers={"cookie": f"{COOKIE}={token}; ts_lang={lang}"})


def _lines(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


BOARD = "/download/platform/main/board"


async def test_a_panel_is_a_table_of_plain_numbers(
    web: httpx.AsyncClient, database: Database, asked: list[tuple[Actor, View]]
) -> None:
    token = await _member(database, None, "platform_analyst")
    category = "01a22cfd-21d9-7c11-99d8-11bd6db76249"
    days = "period=custom&from=2026-11-02&to=2026-11-08"
    path = f"{BOARD}/suppliers.csv?{days}&category={category}"
    answer = await _get(web, token, path)
    assert _lines(answer.content) == [
        ["Supplier", "GMV incl. freight (CNY)", "Change", "Paid orders"],
        ["青瑶", "900.00", "12.34%", "9"],
        ["云杉", "100.00", "-50.00%", "2"],
    ]
    (_, view) = asked[-1]
    assert (f"{view.period.first}", view.filters) == (
        "2026-11-02",
        {"category": "01a22cfd-21d9-7c11-99d8-11bd6db76249"},
    )
    assert answer.headers["cache-control"] == "private, no-store"


async def test_the_whole_is_a_sheet_for_each_panel_behind_what_it_is_about(
    web: httpx.AsyncClient, database: Database, asked: list[tuple[Actor, View]]
) -> None:
    token = await _member(database, None, "platform_owner")
    answer = await _get(web, token, f"{BOARD}/dashboard.xlsx?currency=BRL")
    book = fastexcel.read_excel(answer.content)
    assert len(book.sheet_names) == 1 + len(boards.EVERY)
    about = book.load_sheet(0, header_row=None).to_polars().rows()
    assert ("Currency", "BRL") in about
    assert any("before refunds" in f"{text}" for _, text in about)
    ranked = book.load_sheet("Top suppliers").to_polars()
    assert ranked.rows()[0] == ("青瑶", 900.0, 0.1234, 9.0)
    days = book.load_sheet("Sales").to_polars()
    assert f"{days.rows()[0][0]}".startswith("2026-11-02")


async def test_two_panels_of_one_title_have_two_sheets(
    web: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    twins: tuple[Panel, ...] = (boards.TREND, replace(boards.TREND, name="again"))
    long = replace(boards.TREND, name="long", title="A title / of [more] than: thirty-one letters")

    async def opened(actor: Actor, view: View) -> Dashboard:
        return Dashboard(actor.scope, view, (), (*twins, long), (), view.period.at, None)

    monkeypatch.setattr("app.api.boards.open_dashboard", opened)
    token = await _member(database, None, "platform_owner")
    answer = await _get(web, token, f"{BOARD}/dashboard.xlsx")
    names = fastexcel.read_excel(answer.content).sheet_names
    assert names[1:3] == ["Sales", "Sales 2"]
    assert len(names[3]) <= 31


@pytest.mark.parametrize("panel", boards.EVERY, ids=lambda panel: panel.chart)
def test_nothing_in_a_file_acts_as_a_formula(panel: Panel) -> None:
    for line in _lines(csv_of(panel, Reader("en")))[1:]:
        for cell in line:
            assert cell == "" or cell[0] not in "=+@\t\r"
            assert not cell.startswith("-") or cell[1:].rstrip("%").replace(".", "").isdigit()


@pytest.mark.parametrize("panel", boards.EVERY, ids=lambda panel: panel.chart)
async def test_every_kind_of_panel_is_written(
    web: httpx.AsyncClient, database: Database, asked: list[tuple[Actor, View]], panel: Panel
) -> None:
    token = await _member(database, None, "platform_owner")
    csv_file = await _get(web, token, f"{BOARD}/{panel.name}.csv", "zh")
    assert len(_lines(csv_file.content)) == 1 + len(panel.rows)
    book = fastexcel.read_excel((await _get(web, token, f"{BOARD}/{panel.name}.xlsx")).content)
    assert book.load_sheet(1).to_polars().height == len(panel.rows)


async def test_refusals(
    web: httpx.AsyncClient, database: Database, asked: list[tuple[Actor, View]]
) -> None:
    mine, theirs = await make_merchant(database), await make_merchant(database)
    token = await _member(database, mine, "owner")
    own = f"/download/supplier/{mine.code}/board"
    assert (await _get(web, token, f"{own}/sales.csv")).status_code == 200
    known = len(asked)
    for path in (
        f"/download/supplier/{theirs.code}/board/sales.csv",
        f"/download/distributor/{mine.code}/board/sales.csv",
        f"{BOARD}/sales.csv",
        f"{BOARD}/dashboard.xlsx",
        "/download/nowhere/main/board/sales.csv",
    ):
        assert (await _get(web, token, path)).status_code in (403, 404), path
    assert len(asked) == known
    for path in (f"{own}/nothing.csv", f"{own}/dashboard.csv", f"{own}/sales.pdf"):
        assert (await _get(web, token, path)).status_code == 404, path
    away = await web.get(f"{own}/sales.csv")
    assert (away.status_code, away.headers["location"].partition("?")[0]) == (303, "/login")


async def test_a_supplier_is_read_as_itself(
    web: httpx.AsyncClient, database: Database, asked: list[tuple[Actor, View]]
) -> None:
    mine = await make_merchant(database)
    token = await _member(database, mine, "owner")
    await _get(web, token, f"/download/supplier/{mine.code}/board/dashboard.xlsx")
    assert [actor.merchant_id for actor, _ in asked] == [mine.id]
