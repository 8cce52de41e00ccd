"""Questions to the figures that were saved, and the reports that are mailed at their time."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy import UniqueConstraint as Unique
from sqlmodel import Field, SQLModel

from models.base import UUID, created, datetime, json_column, moment, one_of, row_id, row_version


class Sharing(StrEnum):
    """With whom its owner shares an analysis."""

    OWN = "OWN"
    ROLE = "ROLE"
    ALL = "ALL"
    """Everybody of the workspace."""


class Analysis(SQLModel, table=True):
    """A question of the explorer under a name; the answer is each reader's own."""

    __tablename__ = "analyses"
    __table_args__ = (
        one_of("sharing", Sharing),
        CheckConstraint("(sharing = 'ROLE') = (role_id is not null)", name="role_where_shared"),
        Index("ix_analyses_place", "scope", "merchant_id", "name"),
    )

    id: UUID = row_id()
    user_id: UUID = Field(foreign_key="users.id", index=True, ondelete="CASCADE")
    scope: str = Field(max_length=12)
    merchant_id: UUID | None = Field(default=None, foreign_key="merchants.id")
    name: str = Field(max_length=80)
    question: dict[str, str] = json_column(dict)
    """What the explorer's address says of it."""
    sharing: str = Field(default=Sharing.OWN, max_length=4)
    role_id: UUID | None = Field(default=None, foreign_key="roles.id", ondelete="CASCADE")
    is_pinned: bool = False
    """Whether it stands on the dashboard of its owner and of those with whom it is shared."""
    created_at: datetime = created()
    updated_at: datetime = created()
    row_version: int = row_version()


class AnalysisReader(SQLModel, table=True):
    """When a user last opened an analysis."""

    __tablename__ = "analysis_readers"

    analysis_id: UUID = Field(foreign_key="analyses.id", primary_key=True, ondelete="CASCADE")
    user_id: UUID = Field(foreign_key="users.id", primary_key=True, ondelete="CASCADE")
    opened_at: datetime = created()


class Rhythm(StrEnum):
    """How often a report is due."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"


class ScheduleStatus(StrEnum):
    """Whether a report is sent by itself."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"


class ReportSchedule(SQLModel, table=True):
    """A dashboard's view, or an analysis, that is mailed to members at a time.

    ``weekday`` is 1 for Monday to 7, ``month_day`` 1 to 31 (a shorter month's last day stands for
    those that it lacks), ``hour`` an hour in the business time zone.
    """

    __tablename__ = "report_schedules"
    __table_args__ = (
        one_of("rhythm", Rhythm),
        one_of("status", ScheduleStatus),
        CheckConstraint("weekday between 1 and 7", name="weekday_known"),
        CheckConstraint("month_day between 1 and 31", name="month_day_known"),
        CheckConstraint("hour between 0 and 23", name="hour_known"),
        Index("ix_report_schedules_due", "next_at", postgresql_where=text("status = 'ACTIVE'")),
    )

    id: UUID = row_id()
    user_id: UUID | None = Field(default=None, foreign_key="users.id", ondelete="SET NULL")
    scope: str = Field(max_length=12)
    merchant_id: UUID | None = Field(default=None, foreign_key="merchants.id", index=True)
    name: str = Field(max_length=80)
    analysis_id: UUID | None = Field(
        default=None, foreign_key="analyses.id", index=True, ondelete="CASCADE"
    )
    """The analysis that is sent; None for a view of the dashboard."""
    query: dict[str, str] = json_column(dict)
    """What the dashboard's address says of its view."""
    rhythm: str = Field(max_length=8)
    weekday: int = 1
    month_day: int = 1
    hour: int = 8
    status: str = Field(default=ScheduleStatus.ACTIVE, max_length=8)
    next_at: datetime = moment(nullable=False)
    created_at: datetime = created()
    updated_at: datetime = created()
    row_version: int = row_version()


class ReportReceiver(SQLModel, table=True):
    """A member who gets a report, until they unsubscribe."""

    __tablename__ = "report_receivers"

    schedule_id: UUID = Field(
        foreign_key="report_schedules.id", primary_key=True, ondelete="CASCADE"
    )
    user_id: UUID = Field(foreign_key="users.id", primary_key=True, index=True, ondelete="CASCADE")
    scope: str = Field(max_length=12)
    merchant_id: UUID | None = Field(default=None, foreign_key="merchants.id")
    unsubscribed_at: datetime | None = moment()


class DeliveryStatus(StrEnum):
    """What became of one report to one receiver."""

    WAITING = "WAITING"
    SENT = "SENT"
    NO_ACCESS = "NO_ACCESS"
    """The receiver may not see these figures any more."""
    LEFT = "LEFT"
    """The receiver works here no longer."""
    UNSUBSCRIBED = "UNSUBSCRIBED"
    FAILED = "FAILED"


class ReportDelivery(SQLModel, table=True):
    """One report to one receiver for one due time: there is never a second."""

    __tablename__ = "report_deliveries"
    __table_args__ = (
        one_of("status", DeliveryStatus),
        Unique("schedule_id", "user_id", "due_at", name="uq_report_deliveries_once"),
        Index(
            "ix_report_deliveries_waiting", "try_at", postgresql_where=text("status = 'WAITING'")
        ),
    )

    id: UUID = row_id()
    schedule_id: UUID = Field(foreign_key="report_schedules.id", ondelete="CASCADE")
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    scope: str = Field(max_length=12)
    merchant_id: UUID | None = Field(default=None, foreign_key="merchants.id")
    due_at: datetime = moment(nullable=False)
    status: str = Field(default=DeliveryStatus.WAITING, max_length=12)
    attempts: int = 0
    try_at: datetime = created()
    """When it is tried next."""
    fault: str | None = Field(default=None, max_length=200)
    """What was wrong at the last try: a message id, or what the mail server said."""
    created_at: datetime = created()
    finished_at: datetime | None = moment()
