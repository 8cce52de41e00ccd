"""Short addresses that people type or bookmark."""

from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI

from app.api.web import make_web


@asynccontextmanager
async def _nothing(_: FastAPI):
    yield


@pytest.mark.parametrize("door", ["/platform/main", "/supplier/qingyao", "/distributor/muxia"])
async def test_the_bare_address_of_a_workspace_leads_to_its_dashboard(door: str) -> None:
    web = make_web(_nothing)
    transport = httpx.ASGITransport(web)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.example") as client:
        answer = await client.get(door)

    assert (answer.status_code, answer.headers["location"]) == (303, f"{door}/dashboard")
