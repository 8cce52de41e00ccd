"""Bringing a database to the newest schema."""

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.engine import URL

from alembic import command
from app.kit.paths import PROJECT_ROOT
from app.server.postgres import DatabaseUnavailable


def _config(owner: URL | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(PROJECT_ROOT / "alembic"))
    if owner is not None:
        config.attributes["url"] = owner
    return config


def migrate(owner: URL) -> None:
    """Run every migration that the owner's database lacks, in one transaction each.

    Raises DatabaseUnavailable for a database that a newer Tongshang has migrated.
    """
    _refuse_unknown(current_revision(owner))
    command.upgrade(_config(owner), "head")


def require_newest(owner: URL) -> None:
    """Raise DatabaseUnavailable unless the database has the schema of this source."""
    at = current_revision(owner)
    _refuse_unknown(at)
    if at != head_revision():
        raise DatabaseUnavailable(
            f"The database is at revision {at or 'none'}, not at {head_revision()}."
            " Run `tongshang migrate` first."
        )


def _refuse_unknown(revision: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise DatabaseUnavailable(
            f"The database is at revision {revision}, which this version of Tongshang does not"
            " know: a newer one has used it. Install that version again."
        )


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
