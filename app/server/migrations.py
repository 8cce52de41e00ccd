"""Bringing a database to the newest schema."""

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.engine import URL

from alembic import command
from app.kit.paths import PROJECT_ROOT


def _config(owner: URL | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(PROJECT_ROOT / "alembic"))
    if owner is not None:
        config.attributes["url"] = owner
    return config


def migrate(owner: URL) -> None:
    """Run every migration that the owner's database lacks, in one transaction each."""
    command.upgrade(_config(owner), "head")


def head_revision() -> str | None:
    """Return the newest revision in the source."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def current_revision(owner: URL) -> str | None:
    """Return the revision that the database is at; None for an empty one."""
    engine = create_engine(owner)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
