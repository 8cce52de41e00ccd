"""What an import of another marketplace's history leaves: reviews, its names, its journal."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.base import UUID, created, datetime, json_column, moment, one_of, row_id, row_version


class RunState(StrEnum):
    """Where an import stands. RUNNING also stands for one that broke off, until it is continued.

    The command begins at RUNNING; the wizard of the console goes through all of them.
    """

    DRAFT = "DRAFT"
    CHECKING = "CHECKING"
    CHECKED = "CHECKED"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    STOPPED = "STOPPED"
    """The files were in doubt as a whole, or another import took its place after it broke off."""
    CANCELLED = "CANCELLED"


class ExternalKind(StrEnum):
    """The kinds whose rows are found by the identifier that another marketplace gave them."""

    CATEGORIES = "categories"
    SUPPLIERS = "suppliers"
    DISTRIBUTORS = "distributors"
    PRODUCTS = "products"


class Review(SQLModel, table=True):
    """What a buyer said of an order or, with ``product_id``, of one product in it."""

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("order_id", "external_id"),
        CheckConstraint("score between 1 and 5", name="score"),
        CheckConstraint("length(body) <= 4000", name="body_bounded"),
        Index("ix_reviews_distributor", "distributor_id", text("created_at desc")),
        Index(
            "ix_reviews_created",
            "created_at",
            postgresql_using="brin",
            postgresql_with={"pages_per_range": 16},
        ),
        Index(
            "ix_reviews_supplier", "supplier_id", postgresql_where=text("supplier_id is not null")
        ),
        Index("ix_reviews_product", "product_id", postgresql_where=text("product_id is not null")),
    )

    id: UUID = row_id()
    order_id: UUID = Field(foreign_key="orders.id")
    store_id: UUID = Field(foreign_key="stores.id")
    distributor_id: UUID = Field(foreign_key="merchants.id")
    supplier_id: UUID | None = Field(default=None, foreign_key="merchants.id")
    product_id: UUID | None = Field(default=None, foreign_key="products.id")
    score: int = Field(sa_type=SmallInteger)
    title: str = Field(default="", max_length=200)
    body: str = ""
    external_id: str | None = Field(default=None, max_length=100)
    created_at: datetime = created()
    answered_at: datetime | None = moment()
    imported_at: datetime | None = moment()


class ExternalId(SQLModel, table=True):
    """What another marketplace calls a row of ours.

    A product has no row of ours (``row_id`` is null) before a supplier of it is known: our products
    belong to one supplier each. Until then ``details`` keep what the catalogue said of it.
    """

    __tablename__ = "external_ids"
    __table_args__ = (one_of("kind", ExternalKind),)

    source: str = Field(primary_key=True, max_length=30)
    kind: str = Field(primary_key=True, max_length=12)
    external_id: str = Field(primary_key=True, max_length=60)
    row_id: UUID | None = None
    details: dict[str, object] = json_column(dict)
    created_at: datetime = created()


class ImportRun(SQLModel, table=True):
    """One import; ``fingerprint`` is that of its files and its mapping, once they were read.

    Those of the wizard keep what they work on: ``files`` (name, size in bytes) lie in the blob
    store below the run's id, ``mapping`` is the text of the mapping file. The worker that carries
    one out writes ``progress`` and ``beat_at`` every few seconds: one whose beat has stopped is
    taken up by another worker.
    """

    __tablename__ = "import_runs"
    __table_args__ = (
        one_of("state", RunState),
        Index("ix_import_runs_started", text("started_at desc")),
    )

    id: UUID = row_id()
    source: str = Field(default="", max_length=30)
    fingerprint: str = Field(default="", max_length=64)
    state: str = Field(default=RunState.RUNNING, max_length=10)
    user_id: UUID | None = None
    is_wizard: bool = False
    files: list[dict[str, object]] = json_column(list)
    mapping_name: str = Field(default="", max_length=80)
    mapping: str = ""
    progress: dict[str, object] = json_column(dict)
    result: dict[str, object] = json_column(dict)
    """The report of what was done last: of the check, then of the import."""
    started_at: datetime = created()
    asked_at: datetime | None = moment()
    """When the worker was asked for what it is to do now."""
    beat_at: datetime | None = moment()
    cancel_at: datetime | None = moment()
    finished_at: datetime | None = moment()
    row_version: int = row_version()


class ImportStep(SQLModel, table=True):
    """A batch that is written, recorded in its own transaction: a run that broke off goes on."""

    __tablename__ = "import_steps"

    id: UUID = row_id()
    run_id: UUID = Field(foreign_key="import_runs.id", index=True, ondelete="CASCADE")
    step: str = Field(max_length=20)
    batch: int
    written: dict[str, int] = json_column(dict)
    finished_at: datetime = created()


class ImportProblem(SQLModel, table=True):
    """Why one row of a file was refused; ``problem`` is a word of ``app.services.imports``."""

    __tablename__ = "import_problems"
    __table_args__ = (Index("ix_import_problems_run", "run_id", "file", "line"),)

    id: UUID = row_id()
    run_id: UUID = Field(foreign_key="import_runs.id", ondelete="CASCADE")
    kind: str = Field(max_length=12)
    file: str = Field(max_length=200)
    line: int
    field: str = Field(max_length=100)
    problem: str = Field(max_length=30)
    value: str = Field(default="", max_length=100)
    params: str = Field(default="", max_length=200)
