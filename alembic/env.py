"""Alembic's environment: one transaction per migration, as the owner, patient with live traffic."""

import sqlmodel  # noqa: F401  (its column types appear in migrations)
from sqlalchemy import create_engine, text

import models
from alembic import context


def run() -> None:
    """Run the wanted migrations on the URL that the caller put into the configuration."""
    engine = create_engine(context.config.attributes["url"])
    try:
        with engine.connect() as connection:
            # A migration that waits for a lock makes everybody behind it wait too.
            connection.execute(text("set lock_timeout = '5s'"))
            connection.commit()
            context.configure(
                connection=connection,
                target_metadata=models.metadata,
                transaction_per_migration=True,
                compare_type=True,
            )
            with context.begin_transaction():
                context.run_migrations()
    finally:
        engine.dispose()


run()
