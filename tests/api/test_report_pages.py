"""Leaving a mailed report by its link, and answers of the explorer as files."""

import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import fastexcel
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.access import SYSTEM
from app.api.edge import Call, refusal, rules_of
from app.api.web import make_web
from app.kit.clock import now
from app.kit.db import Database
from app.kit.settings import Settings
from app.routes import UNSUBSCRIBE
from app.services.reports import leaving
from app.services.sessions import COOKIE
from models.analyses import ReportReceiver, ReportSchedule
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


async def _subscribed(database: Database) -> tuple[str, UUID]:
    """Return the token of a receiver's subscription, and the schedule."""
    merchant, user = await make_merchant(database), await make_user(database)
    schedule = ReportSchedule(
        user_id=user.id,
        scope="supplier",
        merchant_id=merchant.id,
        name="<b>Weekly</b>",
        rhythm="WEEKLY",
        next_at=now(),
    )
    async with database.engine_transaction(SYSTEM) as session:
        session.add(schedule)
        await session.flush()
        session.add(
            ReportReceiver(
                schedule_id=schedule.id, user_id=user.id, scope="supplier", merchant_id=merchant.id
            )
        )
    return leaving.token_for(schedule.id, user.id), schedule.id


async def _is_on(database: Database, schedule: UUID) -> bool:
    async with database.engine_transaction(SYSTEM) as session:
        return bool(
            await session.scalar(
                text(
                    "select unsubscribed_at is null from report_receivers where schedule_id = :id"
                ),
                {"id": schedule},
            )
        )


async def test_looking_changes_nothing_and_one_click_ends_it(
    web: httpx.AsyncClient, database: Database
) -> None:
    token, schedule = await _subscribed(database)
    address = f"{UNSUBSCRIBE}?token={token}"
    shown = await web.get(address, headers={"cookie": "ts_lang=en"})
    assert shown.status_code == 200
    assert "&lt;b&gt;Weekly&lt;/b&gt;" in shown.text
    assert await _is_on(database, schedule)
    # As a mail program posts it (RFC 8058): no cookie, no origin.
    done = await web.post(address, data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    assert not await _is_on(database, schedule)
    again = await web.post(address, data={"again": "1"})
    assert again.status_code == 200
    assert await _is_on(database, schedule)


async def test_a_link_that_was_not_made_here_is_none(
    web: httpx.AsyncClient, database: Database
) -> None:
    token, schedule = await _subscribed(database)
    for wrong in ("", "AAAA", token[:-1] + ("A" if token[-1] != "A" else "B"), token.swapcase()):
        assert (await web.get(f"{UNSUBSCRIBE}?token={wrong}")).status_code == 410
        assert (await web.post(f"{UNSUBSCRIBE}?token={wrong}")).status_code == 410
    assert await _is_on(database, schedule)


def test_the_edge_lets_mail_programs_post_but_no_foreign_page() -> None:
    rules = rules_of(Settings(public_url="https://shop.example"))

    def post(**headers: str) -> Call:
        return Call("http", "POST", UNSUBSCRIBE, {"host": "shop.example", **headers})

    assert refusal(post(), rules) is None
    assert refusal(post(origin="https://shop.example"), rules) is None
    assert refusal(post(origin="https://evil.example"), rules) == 403


async def _member(database: Database, role: str) -> tuple[str, str]:
    merchant, user = await make_merchant(database, distributor=True), await make_user(database)
    await join(database, user.id, merchant.id, role)
    return await open_session(database, user.id), merchant.code


async def test_an_answer_comes_as_a_file(web: httpx.AsyncClient, database: Database) -> None:
    token, code = await _member(database, "analyst")
    start = f"/download/distributor/{code}/explore/answer"
    query = "measures=store_sales,paid_orders&grain=day&period=7d"
    headers = {"cookie": f"{COOKIE}={token}; ts_lang=en"}
    answer = await web.get(f"{start}.csv?{query}", headers=headers)
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][1:] == ["Sales incl. freight (CNY)", "Paid orders"]
    assert [row[1:] for row in rows[1:]] == [["0.00", "0"]] * 7
    answer = await web.get(f"{start}.xlsx?{query}", headers=headers)
    book = fastexcel.read_excel(answer.content)
    assert book.sheet_names[0] == "About"
    assert book.load_sheet(1).to_polars().height == 7


async def test_a_file_needs_the_right_to_explore(
    web: httpx.AsyncClient, database: Database
) -> None:
    packer, code = await _member(database, "fulfilment")
    path = f"/download/distributor/{code}/explore/answer.csv?measures=store_sales"
    refused = await web.get(path, headers={"cookie": f"{COOKIE}={packer}"})
    assert refused.status_code == 403
    stranger, _ = await _member(database, "owner")
    hidden = await web.get(path, headers={"cookie": f"{COOKIE}={stranger}"})
    assert hidden.status_code == 404
    assert (await web.get(path)).status_code == 303
    owner, code = await _member(database, "owner")
    foreign = f"/download/distributor/{code}/explore/answer.csv?measures=gmv_paid"
    answer = await web.get(foreign, headers={"cookie": f"{COOKIE}={owner}"})
    assert answer.status_code == 422
