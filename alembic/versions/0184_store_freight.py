"""Let a store ship for free from an amount, at its own cost.

Revision ID: 0184
Revises: 0183
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0184"
down_revision: str | None = "0161"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KINDS = "'SUPPLY', 'FREIGHT', 'COMMISSION', 'PAYMENT_FEE', 'MARGIN'"


def _order_adds_up(freight: str) -> str:
    return f"""
create or replace function check_order_adds_up() returns trigger language plpgsql security definer
    set search_path = pg_catalog, public as $$
declare
    lines bigint;
    discounts bigint;
    freight bigint;
begin
    select coalesce(sum(goods_cents), 0), coalesce(sum(discount_cents), 0)
        into lines, discounts from order_lines where order_id = new.id;
    select coalesce(sum({freight}), 0)
        into freight from supplier_orders where order_id = new.id;
    if (lines, discounts, freight)
        is distinct from (new.goods_cents, new.discount_cents, new.freight_cents) then
        raise exception 'order % does not add up to its lines', new.number
            using errcode = 'check_violation', constraint = 'orders_equal_their_lines';
    end if;
    return null;
end $$"""


def upgrade() -> None:
    """Add what a store promises, what it bears of a part's freight, and the share for it."""
    op.execute(
        "alter table stores add free_shipping_from_cents bigint,"
        " add constraint ck_stores_free_shipping check (free_shipping_from_cents > 0)"
    )
    op.execute(
        "alter table supplier_orders add store_freight_cents bigint not null default 0,"
        " add constraint ck_supplier_orders_store_freight"
        " check (store_freight_cents between 0 and freight_cents)"
    )
    op.execute("alter table splits drop constraint ck_splits_kind_known")
    op.execute(
        "alter table splits add constraint ck_splits_kind_known"
        f" check (kind in ({KINDS}, 'FREE_FREIGHT'))"
    )
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(_order_adds_up("freight_cents - store_freight_cents"))


def downgrade() -> None:
    """Forget the promise; orders that were shipped for free no longer add up."""
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(_order_adds_up("freight_cents"))
    op.execute("alter table splits drop constraint ck_splits_kind_known")
    op.execute(f"alter table splits add constraint ck_splits_kind_known check (kind in ({KINDS}))")
    op.execute("alter table supplier_orders drop store_freight_cents")
    op.execute("alter table stores drop free_shipping_from_cents")
