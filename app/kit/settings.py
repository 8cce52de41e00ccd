"""Everything that can be set from outside, read once from ``TONGSHANG_*`` environment variables.

A value is checked when it is read, before anything starts: what no later code could work with is
refused in a sentence (``app.commands.faults``), and the README's table says what is allowed.
"""

import re
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Self, cast
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.kit.paths import default_data_dir

MIN_RESERVATION, MAX_RESERVATION = 5, 24 * 60
"""Minutes that an unpaid order may hold its stock, wherever they are set."""
MIN_SECRET = 16
_DATABASE = "postgresql://owner:password@host:5432/database"
_OBJECT_STORES = ("s3", "s3a", "gs", "az", "azure", "abfs", "abfss", "http", "https", "file")
_HOST_NAME = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
)


def _address(value: str, schemes: Collection[str], example: str) -> str:
    """Return an address of one of the schemes. Its text is not repeated: it may hold a password."""
    try:
        parts = urlsplit(value)
        is_good = parts.scheme.lower() in schemes and bool(parts.netloc or parts.path)
        # A port that is no number is found out only when it is asked for.
        is_good = is_good and (parts.port is None or parts.port > 0)
    except ValueError:
        is_good = False
    if not is_good:
        raise ValueError(f"must be written as {example}")
    return value


def _database(value: str) -> str:
    try:
        _address(value, ("postgresql", "postgres", "postgresql+psycopg"), _DATABASE)
        has_name = bool(urlsplit(value).path.strip("/"))
    except ValueError:
        has_name = False
    if not has_name:
        raise ValueError(f"is not the address of a PostgreSQL database; write it as {_DATABASE}")
    return value


def _redis(value: str) -> str:
    return _address(value, ("redis", "rediss", "unix"), "redis://host:6379/0")


def _smtp(value: str) -> str:
    return _address(value, ("smtp", "smtps"), "smtps://user:password@host:465")


def _objects(value: str) -> str:
    return _address(value, _OBJECT_STORES, "s3://bucket/folder")


def _objects_or_folder(value: str) -> str:
    return _objects(value) if "://" in value else value


def _public(value: str) -> str:
    _address(value, ("http", "https"), "https://mall.example")
    parts = urlsplit(value)
    if parts.path.strip("/") or parts.query or parts.fragment or not parts.hostname:
        raise ValueError("must be a scheme and a host without a path, like https://mall.example")
    return value


def _host_name(value: str) -> str:
    if not _HOST_NAME.fullmatch(value.lower()):
        raise ValueError("must be a host name alone, like shops.example, without scheme and port")
    return value


def _secret(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < MIN_SECRET:
        raise ValueError(f"must have at least {MIN_SECRET} characters")
    return value


def _folder(value: Path) -> Path:
    # Parts of the app run in folders of their own, where a relative path would be another one.
    return value.expanduser().absolute()


class Settings(BaseSettings):
    """The process's configuration; each field is one documented environment variable."""

    # A variable that is set to nothing is one that is not set: an empty secret would be none.
    model_config = SettingsConfigDict(
        env_prefix="TONGSHANG_", extra="ignore", env_ignore_empty=True
    )

    database_url: Annotated[str, AfterValidator(_database)] | None = Field(
        default=None,
        description="PostgreSQL 15+ as its owner; without it an embedded server is started.",
        json_schema_extra={"allowed": "`postgresql://…`"},
    )
    app_database_url: Annotated[str, AfterValidator(_database)] | None = Field(
        default=None, description="Set by `tongshang up` for its own processes; leave it empty."
    )
    data_dir: Annotated[Path, AfterValidator(_folder)] = Field(
        default_factory=default_data_dir,
        description="Where the embedded database, uploads, secrets and build caches live.",
    )
    host: str = Field(
        default="127.0.0.1", min_length=1, description="Address that the web app listens on."
    )
    port: int = Field(default=8000, ge=1, le=65535, description="Port that the web app listens on.")
    public_url: Annotated[str, AfterValidator(_public)] | None = Field(
        default=None,
        description="Address that people use, when a proxy stands before the app.",
        json_schema_extra={"allowed": "`https://…`, no path"},
    )
    store_host: Annotated[str, AfterValidator(_host_name)] | None = Field(
        default=None,
        description="A host name for the stores alone, without the console.",
        json_schema_extra={"allowed": "a name other than the console's"},
    )
    secret_key: Annotated[SecretStr, AfterValidator(_secret)] | None = Field(
        default=None,
        description="Master secret; made and kept in the data folder if not given.",
        json_schema_extra={"allowed": f"{MIN_SECRET} characters or more"},
    )
    workers: int = Field(
        default=1, ge=1, le=64, description="Web processes; more than one needs Redis."
    )
    redis_url: Annotated[str, AfterValidator(_redis)] | None = Field(
        default=None,
        description="Shared state for several workers.",
        json_schema_extra={"allowed": "`redis://…`, `rediss://…`"},
    )
    blob_url: Annotated[str, AfterValidator(_objects)] | None = Field(
        default=None,
        description="Object store for pictures; a local folder by default.",
        json_schema_extra={"allowed": "`s3://…` and the like"},
    )
    snapshot_url: Annotated[str, AfterValidator(_objects_or_folder)] | None = Field(
        default=None,
        description="Object store for the analytics' files; a local folder by default.",
        json_schema_extra={"allowed": "`s3://…` and the like, or a folder"},
    )
    smtp_url: Annotated[str, AfterValidator(_smtp)] | None = Field(
        default=None,
        description="Mail server; without it mails are kept in the outbox folder.",
        json_schema_extra={"allowed": "`smtp://…`, `smtps://…`"},
    )
    sandbox_port: int = Field(
        default=0, ge=0, le=65535, description="Port of the payment sandbox; 0 means port + 1."
    )
    reservation_minutes: int = Field(
        default=30,
        ge=MIN_RESERVATION,
        le=MAX_RESERVATION,
        description="How long an unpaid order holds its stock, unless the platform sets it.",
    )
    limits: str | None = Field(
        default=None,
        description="Other rate limits, by name: `order=100/minute,unpaid_orders=50`.",
    )
    pool_size: int = Field(
        # An import holds one connection while others read and write.
        default=16,
        ge=4,
        le=200,
        description="Database connections per web process, for each use.",
    )

    @field_validator("limits")
    @classmethod
    def _limits_are_known(cls, value: str | None) -> str | None:
        from app.kit.rate_limits import parse_overrides

        parse_overrides(value)
        return value

    @model_validator(mode="after")
    def _agree(self) -> Self:
        """Refuse what would be valid alone, but contradicts another setting."""
        if (self.sandbox_port or self.port + 1) > 65535:
            raise ValueError(
                f"TONGSHANG_PORT is {self.port}, so that the payment sandbox has no port after it;"
                " set TONGSHANG_SANDBOX_PORT"
            )
        if self.sandbox_port == self.port:
            raise ValueError(
                "TONGSHANG_SANDBOX_PORT and TONGSHANG_PORT are the same; choose two ports"
            )
        if self.workers > 1 and not self.redis_url:
            raise ValueError(
                f"TONGSHANG_WORKERS is {self.workers}, and several processes need a shared memory;"
                " set TONGSHANG_REDIS_URL"
            )
        if self.store_host and self.store_host.lower() == urlsplit(self.origin).hostname:
            raise ValueError(
                "TONGSHANG_STORE_HOST is the console's own host, where it could not be reached"
                " any more; choose another name"
            )
        return self

    @property
    def origin(self) -> str:
        """The address under which browsers reach the app, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def sandbox_origin(self) -> str:
        """The address of the payment sandbox, a service of its own."""
        return f"http://{self.host}:{self.sandbox_port or self.port + 1}"


def allowed(name: str) -> str:
    """Return what a setting may be, for the README's table and for who set something else."""
    field = Settings.model_fields[name]
    extra = cast("dict[str, object] | None", field.json_schema_extra)
    if extra is not None:
        return str(extra["allowed"])
    bounds = {kind: getattr(rule, kind) for rule in field.metadata for kind in ("ge", "le")
              if hasattr(rule, kind)}  # fmt: skip
    return f"{bounds['ge']} to {bounds['le']}" if len(bounds) == 2 else ""


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process; tests call ``settings.cache_clear()`` after a change."""
    return Settings()
