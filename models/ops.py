"""What keeps the house in order: audit, notices, views, settings, idempotency."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.base import UUID, created, datetime, json_column, moment, row_id, row_version


class AuditEntry(SQLModel, table=True):
    """Who, acting for whom, changed which row how; written by triggers (append-only)."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_merchant", "merchant_id", text("at desc")),
        Index("ix_audit_entries_row", "table_name", "row_id"),
    )

    id: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True)
    )
    at: datetime = created()
    scope: str | None = Field(default=None, max_length=12)
    user_id: UUID | None = None
    acting_merchant_id: UUID | None = None
    merchant_id: UUID | None = None
    """The merchant whose row it is, where the row has one: that merchant may read the entry."""
    table_name: str = Field(max_length=63)
    row_id: str = Field(max_length=80)
    action: str = Field(max_length=6)
    before: dict[str, object] | None = Field(default=None, sa_column=Column(JSONB))
    after: dict[str, object] | None = Field(default=None, sa_column=Column(JSONB))


class Notification(SQLModel, table=True):
    """A notice to a workspace; ``kind`` and ``params`` make its text in the reader's language."""

    __tablename__ = "notifications"
    __table_args__ = (
        Index("ix_notifications_inbox", "scope", "merchant_id", text("created_at desc")),
        Index(
            "uq_notifications_event",
            "scope",
            "merchant_id",
            "kind",
            "event",
            unique=True,
            postgresql_where=text("event is not null"),
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_notifications_to_mail", "created_at", postgresql_where=text("to_mail")),
    )

    id: UUID = row_id()
    scope: str = Field(max_length=12)
    merchant_id: UUID | None = Field(default=None, foreign_key="merchants.id")
    kind: str = Field(max_length=40)
    params: dict[str, object] = json_column(dict)
    path: str | None = Field(default=None, max_length=200)
    """Where it leads, below the workspace, e.g. ``orders/2611240000015``."""
    event: str | None = Field(default=None, max_length=120)
    """What happened, so that it is told once in a workspace."""
    to_mail: bool = False
    """Whether its mails are still to be written down."""
    created_at: datetime = created()


class NoticeMail(SQLModel, table=True):
    """One mail to one person about one happening; ``key`` names both, so that it goes out once.

    It is to a member (a notice's text) or to an order's buyer.
    """

    __tablename__ = "notice_mails"
    __table_args__ = (
        CheckConstraint("state in ('WAITING', 'SENDING', 'SENT', 'FAILED')", name="state_known"),
        CheckConstraint("(user_id is null) <> (order_id is null)", name="to_one"),
        Index(
            "ix_notice_mails_waiting",
            "created_at",
            postgresql_where=text("state = 'WAITING'"),
        ),
    )

    key: str = Field(primary_key=True, max_length=200)
    kind: str = Field(max_length=40)
    notification_id: UUID | None = Field(
        default=None, foreign_key="notifications.id", ondelete="CASCADE"
    )
    user_id: UUID | None = Field(default=None, foreign_key="users.id", ondelete="CASCADE")
    order_id: UUID | None = Field(default=None, foreign_key="orders.id", ondelete="CASCADE")
    about: str = Field(default="", max_length=200)
    state: str = Field(default="WAITING", max_length=8)
    attempts: int = 0
    created_at: datetime = created()
    sent_at: datetime | None = moment()


class NotificationRead(SQLModel, table=True):
    """A user has read a notice."""

    __tablename__ = "notification_reads"

    notification_id: UUID = Field(
        foreign_key="notifications.id", primary_key=True, ondelete="CASCADE"
    )
    user_id: UUID = Field(foreign_key="users.id", primary_key=True, ondelete="CASCADE")
    read_at: datetime = created()


class SavedView(SQLModel, table=True):
    """Filters, sort and columns of a list, or a dashboard's days and filters, under a name.

    It is its user's own, or with a role it is shown to all who have the role in the workspace.
    """

    __tablename__ = "saved_views"

    id: UUID = row_id()
    user_id: UUID = Field(foreign_key="users.id", index=True, ondelete="CASCADE")
    role_id: UUID | None = Field(
        default=None, foreign_key="roles.id", index=True, ondelete="CASCADE"
    )
    is_default: bool = False
    scope: str = Field(max_length=12)
    merchant_id: UUID | None = Field(default=None, foreign_key="merchants.id")
    resource: str = Field(max_length=60)
    name: str = Field(max_length=60)
    query: dict[str, object] = json_column(dict)
    created_at: datetime = created()


class HiddenChecklist(SQLModel, table=True):
    """Who wants to see no more of the checklist of the first steps, in which workspace."""

    __tablename__ = "hidden_checklists"

    id: UUID = row_id()
    user_id: UUID = Field(foreign_key="users.id", index=True, ondelete="CASCADE")
    scope: str = Field(max_length=12)
    merchant_id: UUID | None = Field(default=None, foreign_key="merchants.id")
    created_at: datetime = created()


class PlatformSetting(SQLModel, table=True):
    """One setting of the whole platform; no tenant, readable by all roles of the app."""

    __tablename__ = "platform_settings"

    key: str = Field(primary_key=True, max_length=60)
    value: dict[str, object] = json_column(dict)
    updated_at: datetime = created()
    row_version: int = row_version()


class VerifyRun(SQLModel, table=True):
    """One comparison of all invariants that the platform asked for, with what it found."""

    __tablename__ = "verify_runs"

    id: UUID = row_id()
    requested_by: UUID | None = Field(default=None, foreign_key="users.id")
    requested_at: datetime = created()
    finished_at: datetime | None = moment()
    ok: bool | None = None
    checks: list[dict[str, object]] = json_column(list)


class IdempotentRequest(SQLModel, table=True):
    """The answer that a keyed request got, so that its repetition gets the same."""

    __tablename__ = "idempotent_requests"

    owner: str = Field(primary_key=True, max_length=80)
    key: str = Field(primary_key=True, max_length=80)
    request_hash: str = Field(max_length=64)
    status: int | None = None
    body: dict[str, object] = json_column(dict)
    created_at: datetime = created()
    answered_at: datetime | None = moment()
