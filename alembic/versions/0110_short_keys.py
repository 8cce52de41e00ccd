"""Short keys for the analytics' files, and the currency of a supplier's part on the part itself.

Revision ID: 0110
Revises: 0100
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0110"
down_revision: str | None = "0100"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BYTES_CAST_SINCE = 180_000
"""From this version on PostgreSQL casts bytes to integers, five times faster than by way of text."""


def upgrade() -> None:
    """Make the functions; a supplier, who never reads orders, needs the currency of its parts."""
    op.execute("set local lock_timeout = '5s'")
    version = int(str(op.get_bind().exec_driver_sql("show server_version_num").scalar()))
    first_eight = (
        "substring(bytes from 1 for 8)::bigint"
        if version >= BYTES_CAST_SINCE
        else "('x' || encode(substring(bytes from 1 for 8), 'hex'))::bit(64)::bigint"
    )
    last_eight = (
        "substring(uuid_send(id) from 9)::bigint"
        if version >= BYTES_CAST_SINCE
        else "('x' || right(replace(id::text, '-', ''), 16))::bit(64)::bigint"
    )
    for name, argument, body in (
        ("short_key", "id uuid", last_eight),
        ("bytes_key", "bytes bytea", first_eight),
        (
            "guest_key",
            "salt text, distributor uuid, phone text",
            "bytes_key(sha256(convert_to(salt || distributor::text || phone, 'UTF8')))",
        ),
    ):
        op.execute(
            f"create function {name}({argument}) returns bigint language sql immutable strict"
            f" parallel safe as $$ select {body} $$"
        )
    op.execute("alter table supplier_orders add currency varchar(3) not null default 'CNY'")
    # Row-level security is forced, so that an owner who is no superuser would change nothing.
    op.execute("set local role tongshang_engine")
    op.execute(
        "update supplier_orders s set currency = o.currency from orders o"
        " where o.id = s.order_id and o.currency <> 'CNY'"
    )
    op.execute("reset role")


def downgrade() -> None:
    """Drop what was added."""
    op.execute("alter table supplier_orders drop column currency")
    op.execute("drop function guest_key(text, uuid, text), bytes_key(bytea), short_key(uuid)")
