"""What every table shares: identifiers, moments, closed sets of words, money columns."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, MetaData, String, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from app.kit.clock import now
from app.kit.ids import new_id

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

metadata: MetaData = SQLModel.metadata

MOMENT: Any = DateTime(timezone=True)
"""A column of aware datetimes; sqlmodel types ``sa_type`` as a class only, hence Any."""

JSON: Any = JSONB

_TEXT_ARRAY: Any = ARRAY(String)


def row_id() -> Any:
    """Return the primary key column of most tables: a UUIDv7 made in Python."""
    return Field(default_factory=new_id, primary_key=True)


def created() -> Any:
    """Return the column of the moment at which a row was made."""
    return Field(
        default_factory=now,
        sa_type=MOMENT,
        nullable=False,
        sa_column_kwargs={"server_default": func.now()},
    )


def row_version() -> Any:
    """Return the column that a trigger raises with each change, by which a stale form is known."""
    return Field(default=1, sa_column_kwargs={"server_default": "1"})


def moment(**kwargs: Any) -> Any:
    """Return a column for an aware moment; nullable unless told otherwise."""
    return Field(default=None, sa_type=MOMENT, **kwargs)


def cents(default: int | None = 0, **kwargs: Any) -> Any:
    """Return a column of integer minor units of the row's currency."""
    if default is None:
        return Field(default=None, sa_type=BigInteger, **kwargs)
    return Field(
        default=default,
        sa_type=BigInteger,
        nullable=False,
        sa_column_kwargs={"server_default": str(default)},
        **kwargs,
    )


def currency() -> Any:
    """Return the ISO 4217 code column."""
    return Field(default="CNY", max_length=3, sa_column_kwargs={"server_default": "CNY"})


def json_column(default: Any) -> Any:
    """Return a JSONB column, never null, made by ``default`` (``dict`` or ``list``)."""
    return Field(
        default_factory=default,
        sa_type=JSON,
        nullable=False,
        sa_column_kwargs={"server_default": "{}" if default is dict else "[]"},
    )


def grams() -> Any:
    """Return the column of search bigrams, for a GIN index (see ``app.kit.search``)."""
    return Field(
        default_factory=list,
        sa_type=_TEXT_ARRAY,
        nullable=False,
        sa_column_kwargs={"server_default": "{}"},
    )


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """Return the constraint that holds ``column`` to the words of an enumeration."""
    listed = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{column} in ({listed})", name=f"{column}_known")


__all__ = [
    "UUID",
    "cents",
    "created",
    "currency",
    "datetime",
    "grams",
    "json_column",
    "metadata",
    "moment",
    "one_of",
    "row_id",
    "row_version",
]
