"""Give each customer of a store one basket, whatever the device.

Revision ID: 0183
Revises: 0182
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0183"
down_revision: str | None = "0182"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Bring the baskets of a customer together in the latest one, the larger numbers counting."""
    op.execute(
        "with latest as (select distinct on (consumer_id) consumer_id, id from carts"
        "  where consumer_id is not null order by consumer_id, updated_at desc, id desc)"
        " insert into cart_lines (cart_id, sku_id, listing_id, quantity, seen_cents, added_at)"
        " select latest.id, l.sku_id, (array_agg(l.listing_id))[1], max(l.quantity),"
        "  min(l.seen_cents), min(l.added_at) from cart_lines l join carts c on c.id = l.cart_id"
        " join latest on latest.consumer_id = c.consumer_id and latest.id <> c.id"
        " group by latest.id, l.sku_id on conflict (cart_id, sku_id) do update"
        " set quantity = greatest(cart_lines.quantity, excluded.quantity)"
    )
    op.execute(
        "delete from carts c using carts o where c.consumer_id = o.consumer_id"
        " and (c.updated_at, c.id) < (o.updated_at, o.id)"
    )
    # The secret of a browser opens no basket of a customer any more.
    op.execute("update carts set token_hash = new_uuid()::text where consumer_id is not null")
    op.execute("drop index if exists ix_carts_consumer_id")
    op.execute(
        "create unique index uq_carts_consumer on carts (consumer_id) where consumer_id is not null"
    )


def downgrade() -> None:
    """Let a customer have several again."""
    op.execute("drop index uq_carts_consumer")
    op.execute("create index ix_carts_consumer_id on carts (consumer_id)")
