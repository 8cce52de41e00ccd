"""The whole console in the process, its events going through the real pipeline."""

from collections.abc import AsyncIterator

import pytest
import reflex as rx

from app.kit.db import Database
from tests.state.looking import Figures
from tests.state.pipeline import Pipeline, running


@pytest.fixture(scope="session")
def console() -> rx.App:
    """Return the console as it is served, all pages added and audited."""
    from app.app import app

    return app


@pytest.fixture
async def pipeline(console: rx.App, database: Database) -> AsyncIterator[Pipeline]:
    """Run the console's events on the module's database."""
    async with running(console) as pipe:
        yield pipe


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> Figures:
    """Let dashboards show figures that are easy to know again."""
    fake = Figures()
    monkeypatch.setattr("state.dashboards.open_figures", fake.figures)
    monkeypatch.setattr("state.dashboards.open_panels", fake.panels)
    monkeypatch.setattr("state.viewing.choices", fake.choices)
    return fake
