"""The web app with a store to shop in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI

from app.adapters.gateway import _makers, _open, register
from app.api.web import make_web
from app.bench.provider import BenchProvider
from app.kit import rate_limits
from app.kit.db import Database
from app.services import visits
from app.services.shopfront import forget_fronts
from tests.api.browser import Browser
from tests.api.shop import Shop, open_shop


@asynccontextmanager
async def _database_is_open(_: FastAPI) -> AsyncIterator[None]:
    yield


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Shop]:
    """A store on the module's database, with a provider that answers at once."""
    before = _makers.get("sandbox")
    BenchProvider.registered()
    forget_fronts()
    rate_limits.forget_all()
    visits.forget()
    yield await open_shop(database, make_web(_database_is_open))
    _open.pop("sandbox", None)
    if before is None:
        _makers.pop("sandbox", None)
    else:
        register("sandbox", before)


@pytest.fixture
async def guest(shop: Shop) -> AsyncIterator[Browser]:
    """A visitor without an account."""
    async with Browser(shop.web) as browser:
        yield browser
