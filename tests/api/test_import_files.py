"""Files of an import at the web's door: from those permitted, to a draft, not too large."""

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from app.api import imports
from app.api.edge import Edge, Rules, most_bytes
from app.kit.db import Database
from app.services.imports import runs, uploads
from app.services.sessions import COOKIE
from tests.integration.people import join, make_user, open_session
from tests.integration.test_import_wizard import OPERATOR

ORIGIN = "http://shop.example"
OURS = {"origin": ORIGIN, "accept-language": "en"}
TEMPLATES = "/download/platform/main/imports/templates.zip"


@pytest.fixture
async def browser(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    del database
    web = FastAPI()
    imports.install(web)
    edge = Edge(web, rules=Rules(ORIGIN, None, ()), client=tmp_path)
    transport = httpx.ASGITransport(edge)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=OURS) as client:
        yield client


async def _enter(browser: httpx.AsyncClient, database: Database, role: str) -> None:
    user = await make_user(database)
    await join(database, user.id, None, role)
    browser.cookies.set(COOKIE, await open_session(database, user.id))


async def _send(
    browser: httpx.AsyncClient, run: object, name: str = "orders.csv", data: bytes = b"id\n"
) -> httpx.Response:
    return await browser.post(f"/upload/platform/main/imports/{run}", files={"file": (name, data)})


async def test_a_file_comes_to_a_draft(browser: httpx.AsyncClient, database: Database) -> None:
    run_id = await runs.start(OPERATOR)
    assert (await _send(browser, run_id)).status_code == 401
    await _enter(browser, database, "platform_owner")
    answer = await _send(browser, run_id)
    assert (answer.status_code, answer.json()) == (201, {"names": ["orders.csv"]})
    refused = await _send(browser, run_id, "orders.exe")
    assert refused.status_code == 422
    assert "CSV" in refused.json()["fields"]["file"]
    for unknown in ("019a0000-0000-7000-8000-000000000000", "nonsense"):
        assert (await _send(browser, unknown)).status_code == 404
    await runs.check(OPERATOR, run_id)
    assert (await _send(browser, run_id)).status_code == 409


async def test_others_bring_nothing(browser: httpx.AsyncClient, database: Database) -> None:
    run_id = await runs.start(OPERATOR)
    await _enter(browser, database, "platform_finance")
    assert (await _send(browser, run_id)).status_code == 403
    assert (await browser.get(TEMPLATES)).status_code == 403


async def test_templates(browser: httpx.AsyncClient, database: Database) -> None:
    # As with every file: whoever is not signed in is asked to, and led back.
    assert (await browser.get(TEMPLATES)).headers["location"].startswith("/login?next=")
    await _enter(browser, database, "platform_owner")
    answer = await browser.get(TEMPLATES)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert {"orders.csv", "mapping.toml"} <= set(packed.namelist())


def test_only_this_door_takes_large_bodies() -> None:
    door = "/upload/platform/main/imports/019a0000-0000-7000-8000-000000000000"
    assert most_bytes(door) > uploads.MOST_BYTES
    for other in (
        door.replace("platform", "supplier"),
        f"{door}/more",
        "/upload/platform/main/picture",
    ):
        assert most_bytes(other) < 2**24
