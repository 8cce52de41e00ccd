"""Pictures at the door: who may add them, what is said of a bad one, how a long one comes in."""

import io
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image

from app.adapters import blobs
from app.api import media, uploads
from app.api.edge import Edge, Rules
from app.kit.db import Database
from app.kit.i18n import gettext
from app.kit.pictures import MAX_BYTES, BadShape, Damaged, NotAPicture, TooLarge, TooSmall
from app.kit.settings import settings
from app.services.sessions import COOKIE
from tests.integration.people import join, make_merchant, make_user, open_session

ORIGIN = "http://shop.example"
OURS = {"origin": ORIGIN, "accept-language": "en"}


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TONGSHANG_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    blobs._store.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()
    blobs._store.cache_clear()


@pytest.fixture
async def browser(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    del database
    web = FastAPI()
    uploads.install(web)
    web.include_router(media.router)
    edge = Edge(web, rules=Rules(ORIGIN, None, ()), client=tmp_path)
    transport = httpx.ASGITransport(edge)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=OURS) as client:
        yield client


def _picture(width: int = 600) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, 400), "#7a9").save(out, "PNG")
    return out.getvalue()


async def _upload(
    browser: httpx.AsyncClient, place: str, data: bytes, name: str = "file"
) -> httpx.Response:
    return await browser.post(f"/upload/{place}/picture", files={name: ("p.png", data)})


async def test_pictures_come_in_for_those_who_may(
    browser: httpx.AsyncClient, database: Database
) -> None:
    user, merchant = await make_user(database), await make_merchant(database, distributor=True)
    other = await make_merchant(database)
    await join(database, user.id, merchant.id, "merchandiser")
    supplier, distributor = f"supplier/{merchant.code}", f"distributor/{merchant.code}"
    assert (await _upload(browser, supplier, _picture())).status_code == 401
    browser.cookies.set(COOKIE, await open_session(database, user.id))
    for place in (supplier, distributor):
        answer = await _upload(browser, place, _picture())
        assert answer.status_code == 201
        assert re.fullmatch(r"pictures/[0-9a-f]{24}", answer.json()["key"])
    for place in (f"supplier/{other.code}", "platform/main", "consumer/x"):
        assert (await _upload(browser, place, _picture())).status_code == 404
    for data, name in ((b"<svg onload=alert(1)>", "file"), (_picture(), "other")):
        refused = await _upload(browser, supplier, data, name)
        assert refused.status_code == 422
        assert refused.headers["content-type"] == "application/problem+json"
    browser.cookies.set("ts_lang", "zh")
    refused = await _upload(browser, supplier, b"not a picture")
    english = NotAPicture.message
    told = refused.json()["fields"]["pictures"]
    assert told == gettext("zh_CN", english) != english


async def _merchandiser(browser: httpx.AsyncClient, database: Database) -> str:
    """Sign in somebody who may add pictures; return the workspace."""
    user, merchant = await make_user(database), await make_merchant(database)
    await join(database, user.id, merchant.id, "merchandiser")
    browser.cookies.set(COOKIE, await open_session(database, user.id))
    return f"supplier/{merchant.code}"


async def test_what_is_wrong_with_a_picture_is_said(
    browser: httpx.AsyncClient, database: Database
) -> None:
    place, whole = await _merchandiser(browser, database), _picture()
    for data, fault in (
        (b"GIF89a" + b"\0" * 99, NotAPicture),
        (whole[: len(whole) // 2], Damaged),
        (whole.ljust(MAX_BYTES + 1, b"\0"), TooLarge),
        (_picture(199), TooSmall),
        (_picture(1_601), BadShape),
    ):
        for language, locale in (("en", "en"), ("zh", "zh_CN")):
            browser.cookies.set("ts_lang", language)
            told = await _upload(browser, place, data)
            assert told.status_code == 422
            assert told.json()["type"] == f"urn:tongshang:problem:{fault.code}"
            sentence = gettext(locale, fault.message)
            assert (told.json()["title"], told.json()["fields"]) == (
                sentence, {"pictures": sentence}
            )  # fmt: skip
    sent = {"content-type": "multipart/form-data; boundary=x"}
    broken = await browser.post(f"/upload/{place}/picture", content=b"--y", headers=sent)
    assert (broken.status_code, list(broken.json()["fields"])) == (422, ["file"])


async def test_a_long_picture_of_a_description_comes_back_in_parts(
    browser: httpx.AsyncClient, database: Database
) -> None:
    place, out = await _merchandiser(browser, database), io.BytesIO()
    Image.linear_gradient("L").resize((790, 18_000)).save(out, "JPEG")
    assert (await _upload(browser, place, out.getvalue())).status_code == 422
    door = f"/upload/{place}/detail-picture"
    told = await browser.post(door, files={"file": ("long.jpg", out.getvalue())})
    assert told.status_code == 201
    keys = told.json()["keys"]
    assert len(set(keys)) == 6
    shown = [await browser.get(f"/media/{key}/960.webp") for key in keys]
    sizes = [Image.open(io.BytesIO(one.content)).size for one in shown]
    assert sizes == [(790, 3_000)] * 6
    short = await browser.post(door, files={"file": ("short.png", _picture())})
    assert len(short.json()["keys"]) == 1
    # The same file has the same keys, whatever it is called.
    assert (await browser.post(door, files={"file": ("x", out.getvalue())})).json()["keys"] == keys


async def test_an_analyst_adds_no_pictures(browser: httpx.AsyncClient, database: Database) -> None:
    user, merchant = await make_user(database), await make_merchant(database)
    await join(database, user.id, merchant.id, "analyst")
    browser.cookies.set(COOKIE, await open_session(database, user.id))
    place = f"supplier/{merchant.code}"
    assert (await _upload(browser, place, _picture())).status_code == 403
    detail = await browser.post(f"/upload/{place}/detail-picture", files={"file": ("p", b"x")})
    assert detail.status_code == 403
