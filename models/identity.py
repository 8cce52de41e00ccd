"""People, companies, and who may do what for whom."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.base import UUID, created, datetime, json_column, moment, one_of, row_id, row_version


class MerchantStatus(StrEnum):
    """Where a company's application stands."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    REJECTED = "REJECTED"


class User(SQLModel, table=True):
    """A person with a login; what is secret about them lies in ``user_secrets``."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)

    id: UUID = row_id()
    email: str = Field(unique=True, max_length=254)
    name: str = Field(max_length=80)
    locale: str = Field(default="zh_CN", max_length=8)
    last_workspace: str | None = Field(default=None, max_length=80)
    totp_enabled_at: datetime | None = moment()
    disabled_at: datetime | None = moment()
    created_at: datetime = created()


class UserSecret(SQLModel, table=True):
    """What proves that a user is who they say; only the engine role reads it."""

    __tablename__ = "user_secrets"

    user_id: UUID = Field(foreign_key="users.id", primary_key=True, ondelete="CASCADE")
    password_hash: str
    totp_secret: bytes | None = Field(default=None, sa_type=LargeBinary)
    totp_pending_secret: bytes | None = Field(default=None, sa_type=LargeBinary)
    totp_last_step: int | None = None
    recovery_code_hashes: list[str] = json_column(list)
    failed_logins: int = Field(default=0)
    locked_until: datetime | None = moment()
    password_changed_at: datetime = created()


class UserSession(SQLModel, table=True):
    """A signed-in browser; the cookie's token is kept only as its SHA-256."""

    __tablename__ = "user_sessions"

    id: UUID = row_id()
    user_id: UUID = Field(foreign_key="users.id", index=True, ondelete="CASCADE")
    token_hash: str = Field(unique=True, max_length=64)
    second_factor_at: datetime | None = moment()
    ip: str | None = Field(default=None, max_length=45)
    user_agent: str | None = Field(default=None, max_length=300)
    created_at: datetime = created()
    last_seen_at: datetime = created()
    expires_at: datetime = moment(nullable=False)
    revoked_at: datetime | None = moment()


class OneTimeToken(SQLModel, table=True):
    """A mailed or printed token, good once: password reset, invitation, first set-up."""

    __tablename__ = "one_time_tokens"

    id: UUID = row_id()
    purpose: str = Field(max_length=20)
    token_hash: str = Field(unique=True, max_length=64)
    user_id: UUID | None = Field(default=None, foreign_key="users.id", ondelete="CASCADE")
    merchant_id: UUID | None = Field(default=None, foreign_key="merchants.id", ondelete="CASCADE")
    details: dict[str, str] = json_column(dict)
    created_at: datetime = created()
    expires_at: datetime = moment(nullable=False)
    used_at: datetime | None = moment()


class Merchant(SQLModel, table=True):
    """A company (商户主体); it may hold the supplier role, the distributor role, or both."""

    __tablename__ = "merchants"
    __table_args__ = (
        one_of("status", MerchantStatus),
        CheckConstraint("code ~ '^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$'", name="code_is_slug"),
        CheckConstraint("is_supplier or is_distributor", name="has_role"),
    )

    id: UUID = row_id()
    code: str = Field(unique=True, max_length=40)
    name: str = Field(max_length=120)
    is_supplier: bool = False
    is_distributor: bool = False
    is_self_operated: bool = False
    status: str = Field(default=MerchantStatus.PENDING, index=True, max_length=12)
    settle_days: int = Field(default=7, ge=0)
    created_at: datetime = created()
    approved_at: datetime | None = moment()


class MerchantDetail(SQLModel, table=True):
    """What only the merchant itself and the platform know of a company."""

    __tablename__ = "merchant_details"

    merchant_id: UUID = Field(foreign_key="merchants.id", primary_key=True, ondelete="CASCADE")
    contact_name: str | None = Field(default=None, max_length=80)
    contact_phone: str | None = Field(default=None, max_length=20)
    contact_email: str | None = Field(default=None, max_length=254)
    license_no: str | None = Field(default=None, max_length=40)
    address: str | None = Field(default=None, max_length=200)
    application_note: str | None = Field(default=None, max_length=500)
    review_note: str | None = Field(default=None, max_length=500)
    updated_at: datetime = created()


class Role(SQLModel, table=True):
    """A named set of permissions; without a merchant it is built in or the platform's own."""

    __tablename__ = "roles"
    __table_args__ = (
        Index(
            "uq_roles_owner_code",
            text("coalesce(merchant_id, '00000000-0000-0000-0000-000000000000'::uuid)"),
            "code",
            unique=True,
        ),
    )

    id: UUID = row_id()
    merchant_id: UUID | None = Field(default=None, foreign_key="merchants.id", ondelete="CASCADE")
    is_platform: bool = False
    is_built_in: bool = False
    code: str = Field(max_length=40)
    name: str = Field(max_length=80)
    created_at: datetime = created()
    row_version: int = row_version()


class RolePermission(SQLModel, table=True):
    """One permission of a role; the words are those of ``app.access.PERMISSIONS``."""

    __tablename__ = "role_permissions"

    role_id: UUID = Field(foreign_key="roles.id", primary_key=True, ondelete="CASCADE")
    permission: str = Field(primary_key=True, max_length=80)
    merchant_id: UUID | None = Field(default=None, foreign_key="merchants.id", ondelete="CASCADE")


class Membership(SQLModel, table=True):
    """A user works for a merchant (or, without one, for the platform) in a role."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("user_id", "merchant_id", "role_id", postgresql_nulls_not_distinct=True),
    )

    id: UUID = row_id()
    user_id: UUID = Field(foreign_key="users.id", index=True, ondelete="CASCADE")
    merchant_id: UUID | None = Field(
        default=None, foreign_key="merchants.id", index=True, ondelete="CASCADE"
    )
    role_id: UUID = Field(foreign_key="roles.id", index=True)
    created_at: datetime = created()


class ApiKey(SQLModel, table=True):
    """A key by which another program acts for a merchant; kept as its SHA-256."""

    __tablename__ = "api_keys"

    id: UUID = row_id()
    merchant_id: UUID | None = Field(default=None, foreign_key="merchants.id", index=True)
    scope: str = Field(max_length=12)
    name: str = Field(max_length=80)
    prefix: str = Field(unique=True, max_length=20)
    secret_hash: str = Field(unique=True, max_length=64)
    permissions: list[str] = json_column(list)
    created_by: UUID | None = Field(default=None, foreign_key="users.id")
    created_at: datetime = created()
    last_used_at: datetime | None = moment()
    revoked_at: datetime | None = moment()
