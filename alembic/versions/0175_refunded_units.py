"""Units that were refunded before shipping are not shipped: count them, and end parts without any.

Revision ID: 0175
Revises: 0144
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0175"
down_revision: str | None = "0151"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_WITHIN = "check (shipped_quantity >= 0 and {name} >= 0 and shipped_quantity + {name} <= quantity)"
_ORDER_STATES = (
    "'PENDING_PAYMENT', 'PAID', 'PARTLY_SHIPPED', 'SHIPPED', 'RECEIVED', 'COMPLETED', 'CLOSED',"
    " {more}'REFUNDED'"
)
_STILL_OPEN = "('PAID', 'ACCEPTED', 'PARTLY_SHIPPED')"

# What was wholly refunded is not shipped any more, nor is anything of a part that was withdrawn.
_CANCEL = f"""\
update fulfilment_lines f set cancelled_quantity = f.quantity - f.shipped_quantity
from order_lines l join supplier_orders s on s.id = l.supplier_order_id
where l.id = f.line_id and s.imported_at is null and f.quantity > f.shipped_quantity
  and (s.status = 'REJECTED' or s.status in {_STILL_OPEN}
    and l.goods_cents > l.discount_cents
    and l.refunded_cents = l.goods_cents - l.discount_cents)"""
_FREE = """\
with freed as (
  select r.line_id, r.sku_id, f.cancelled_quantity as units,
    case when r.state = 'COMMITTED' then f.cancelled_quantity else 0 end as held
  from stock_reservations r join fulfilment_lines f on f.line_id = r.line_id
  where f.cancelled_quantity > 0),
released as (
  update stock_reservations r set released_quantity = freed.units,
    state = case when r.shipped_quantity > 0 then 'SHIPPED' else 'RELEASED' end
  from freed where r.line_id = freed.line_id),
per_sku as (select sku_id, sum(held) as units from freed group by 1 having sum(held) > 0)
update stock s set reserved = s.reserved - per_sku.units from per_sku
where s.sku_id = per_sku.sku_id"""
_END = f"""\
with over as (
  select s.id, s.status,
    case when sum(f.shipped_quantity) > 0 then 'SHIPPED' else 'REJECTED' end as target
  from supplier_orders s join fulfilment_lines f on f.supplier_order_id = s.id
  where s.status in {_STILL_OPEN} and s.imported_at is null group by s.id
  having bool_and(f.shipped_quantity + f.cancelled_quantity = f.quantity)),
ended as (
  update supplier_orders s set status = over.target,
    withdrawn_by = case when over.target = 'REJECTED' then 'platform' end,
    shipped_at = case when over.target = 'SHIPPED' then coalesce(s.shipped_at, now())
      else s.shipped_at end
  from over where s.id = over.id
  returning s.id, s.order_id, s.supplier_id, s.distributor_id, over.status as was, over.target)
insert into order_events (id, order_id, supplier_order_id, supplier_id, distributor_id, kind,
  from_status, to_status, actor_scope, created_at)
select new_uuid(), order_id, id, supplier_id, distributor_id,
  case when target = 'REJECTED' then 'WITHDRAWN' else 'REST_CANCELLED' end, was, target, 'system',
  now() from ended"""
_DERIVE = """\
update orders o set status = d.status from (
  select order_id, case
    when bool_and(status = 'REJECTED') then case when exists (select 1 from refunds r
      where r.order_id = supplier_orders.order_id and r.supplier_order_id is not null
        and r.status <> 'SUCCEEDED') then 'REFUNDING' else 'REFUNDED' end
    when bool_and(status in ('COMPLETED', 'REJECTED')) then 'COMPLETED'
    when bool_and(status in ('RECEIVED', 'COMPLETED', 'REJECTED')) then 'RECEIVED'
    when bool_and(status in ('SHIPPED', 'RECEIVED', 'COMPLETED', 'REJECTED')) then 'SHIPPED'
    when bool_or(status in ('PARTLY_SHIPPED', 'SHIPPED', 'RECEIVED', 'COMPLETED'))
      then 'PARTLY_SHIPPED'
    else 'PAID' end as status
  from supplier_orders where imported_at is null group by order_id
  having bool_or(status = 'REJECTED') or bool_or(status = 'SHIPPED')) d
where o.id = d.order_id and o.status <> d.status and o.imported_at is null"""


def upgrade() -> None:
    """Add the columns, and let what was refunded before leave what is to be shipped."""
    op.execute("set local lock_timeout = '5s'")
    for table, name in (
        ("fulfilment_lines", "cancelled_quantity"),
        ("stock_reservations", "released_quantity"),
    ):
        op.execute(f"alter table {table} add {name} integer not null default 0")
        op.execute(f"alter table {table} drop constraint ck_{table}_ships_at_most_all")
        op.execute(
            f"alter table {table} add constraint ck_{table}_ships_at_most_all"
            f" {_WITHIN.format(name=name)}"
        )
    op.execute("alter table refunds alter reason type varchar(300)")
    op.execute(
        "create index ix_refunds_succeeded on refunds (succeeded_at) where succeeded_at is not null"
    )
    _order_states("'REFUNDING', ")
    op.execute("alter table supplier_orders add buyer_note varchar(200)")
    # Row-level security is forced, so that an owner who is no superuser would change nothing.
    op.execute("set local role tongshang_engine")
    for statement in (_CANCEL, _FREE, _END, _DERIVE):
        op.execute(statement)
    op.execute(
        "update supplier_orders s set buyer_note = o.buyer_note from orders o"
        " where o.id = s.order_id and o.buyer_note is not null"
    )
    # The demo's invented past was never at the sandbox, which knows nothing to refund.
    op.execute(
        "update payments set provider = 'demo'"
        " where provider = 'sandbox' and provider_ref like 'HIST%'"
    )
    op.execute("reset role")


def _order_states(more: str) -> None:
    op.execute("alter table orders drop constraint ck_orders_status_known")
    op.execute(
        "alter table orders add constraint ck_orders_status_known"
        f" check (status in ({_ORDER_STATES.format(more=more)}))"
    )


def downgrade() -> None:
    """Drop the columns; parts that ended stay ended."""
    op.execute("set local role tongshang_engine")
    op.execute("update orders set status = 'REFUNDED' where status = 'REFUNDING'")
    op.execute("update payments set provider = 'sandbox' where provider = 'demo'")
    op.execute("update refunds set reason = left(reason, 40)")
    op.execute("reset role")
    op.execute("alter table supplier_orders drop column buyer_note")
    _order_states("")
    op.execute("drop index ix_refunds_succeeded")
    op.execute("alter table refunds alter reason type varchar(40)")
    op.execute("alter table fulfilment_lines drop column cancelled_quantity")
    op.execute("alter table stock_reservations drop column released_quantity")
    for table in ("fulfilment_lines", "stock_reservations"):
        op.execute(
            f"alter table {table} add constraint ck_{table}_ships_at_most_all"
            " check (shipped_quantity between 0 and quantity)"
        )
