"""Everything that can be set from outside, read once from ``TONGSHANG_*`` environment variables."""

from functools import lru_cache
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.kit.paths import default_data_dir


class Settings(BaseSettings):
    """The process's configuration; each field is one documented environment variable."""

    # A variable that is set to nothing is one that is not set: an empty secret would be none.
    model_config = SettingsConfigDict(
        env_prefix="TONGSHANG_", extra="ignore", env_ignore_empty=True
    )

    database_url: str | None = Field(
        default=None,
        description="PostgreSQL 15+ as its owner; without it an embedded server is started.",
    )
    app_database_url: str | None = Field(
        default=None, description="Set by `tongshang up` for its own processes; leave it empty."
    )
    data_dir: Path = Field(
        default_factory=default_data_dir,
        description="Where the embedded database, uploads, secrets and build caches live.",
    )
    host: str = Field(default="127.0.0.1", description="Address that the web app listens on.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port that the web app listens on.")
    public_url: str | None = Field(
        default=None, description="Address that people use, when a proxy stands before the app."
    )
    store_host: str | None = Field(
        default=None,
        description="A host name for the stores alone, without the console.",
    )
    secret_key: SecretStr | None = Field(
        default=None, description="Master secret; made and kept in the data folder if not given."
    )
    workers: int = Field(default=1, ge=1, description="Web processes; more than one needs Redis.")
    redis_url: str | None = Field(default=None, description="Shared state for several workers.")
    blob_url: str | None = Field(
        default=None, description="Object store for pictures (s3://…); a local folder by default."
    )
    snapshot_url: str | None = Field(
        default=None,
        description="Object store for the analytics' files (s3://…); a local folder by default.",
    )
    smtp_url: str | None = Field(
        default=None, description="Mail server; without it mails are kept in the outbox folder."
    )
    sandbox_port: int = Field(
        default=0, ge=0, le=65535, description="Port of the payment sandbox; 0 means port + 1."
    )
    reservation_minutes: int = Field(
        default=30, ge=1, description="How long an unpaid order holds its stock."
    )
    limits: str | None = Field(
        default=None,
        description="Other rate limits, by name: `order=100/minute,unpaid_orders=50`.",
    )
    pool_size: int = Field(default=16, ge=1, description="Database connections per web process.")

    @field_validator("limits")
    @classmethod
    def _limits_are_known(cls, value: str | None) -> str | None:
        from app.kit.rate_limits import parse_overrides

        parse_overrides(value)
        return value

    @property
    def origin(self) -> str:
        """The address under which browsers reach the app, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def sandbox_origin(self) -> str:
        """The address of the payment sandbox, a service of its own."""
        return f"http://{self.host}:{self.sandbox_port or self.port + 1}"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process; tests call ``settings.cache_clear()`` after a change."""
    return Settings()
