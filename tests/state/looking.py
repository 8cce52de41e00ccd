"""People who look at dashboards in tests, and figures that are easy to know again."""

import asyncio
from typing import Any
from urllib.parse import parse_qsl

from app.access import Actor
from app.analytics.choices import Choice
from app.analytics.dashboards import Dashboard, Panel, Tile
from app.analytics.measures import Link
from app.analytics.views import View
from app.kit.db import Database
from models.identity import Merchant
from state.platform.dashboard import PlatformDashboard
from tests import boards
from tests.integration.people import join, make_user, open_session
from tests.state.pipeline import Answer, Pipeline, Tab

SECRET = "¥7,654.31"
"""A figure that is nowhere but in the panels that the tests make."""


class Figures:
    """Stands for the analytics: says what it was asked, and answers with panels of every kind."""

    def __init__(self) -> None:
        self.asked: list[tuple[Actor, View]] = []
        self.value = 7_654_31
        self.gate = asyncio.Event()
        self.gate.set()

    async def figures(self, actor: Actor, view: View) -> Dashboard:
        actor.require(f"{actor.scope}:dashboard:read")
        await self.gate.wait()
        self.asked.append((actor, view))
        tiles = (Tile("gmv_paid", self.value, 5_000_00, 5_309, (1, 2), Link("orders")),)
        return Dashboard(actor.scope, view, tiles, (), (), view.period.at, None)

    async def panels(self, actor: Actor, view: View) -> tuple[Panel, ...]:
        return boards.EVERY

    async def choices(self, actor: Actor, view: View, dimension: str) -> list[Choice]:
        return (
            [Choice("01a22cfd-21d9-7c11-99d8-11bd6db76249", "家居", "Home")]
            if dimension == "category"
            else []
        )


async def open_tab(
    pipeline: Pipeline,
    database: Database,
    role: str = "platform_owner",
    merchant: Merchant | None = None,
    query: str = "",
) -> Tab:
    user = await make_user(database)
    await join(database, user.id, merchant.id if merchant else None, role)
    place = f"/supplier/{merchant.code}" if merchant else "/platform/main"
    session = await open_session(database, user.id)
    return pipeline.tab(session, f"{place}/dashboard{f'?{query}' if query else ''}")


def led_to(answer: Answer) -> dict[str, str]:
    """Return the query of the address to which an answer leads."""
    paths = [e.payload["path"] for e in answer.events if e.name.endswith("_redirect")]
    assert paths, answer.text
    return dict(parse_qsl(str(paths[-1]).partition("?")[2]))


async def loaded(pipeline: Pipeline, database: Database, query: str = "", **who: Any) -> Tab:
    tab = await open_tab(pipeline, database, query=query, **who)
    await tab.send(PlatformDashboard, "load")
    return tab
