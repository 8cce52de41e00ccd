"""The distributor's margin of a price, after commission and fee, where lists can sort by it.

Revision ID: 0176
Revises: 0175
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0176"
down_revision: str | None = "0183"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Distributors do not read the rules, so that the function looks for them, and only as far as the
# reader's own stores: it says what its reader would get, never what another one pays.
_MARGIN = """\
create function own_margin_bps(store uuid, supplier uuid, category uuid, product uuid,
  retail bigint, supply bigint) returns integer language sql stable security definer
  set search_path = pg_catalog, public as $$
  select (round((retail - supply - least(greatest(
        ((retail * coalesce(v.rate_bps, 0) * 2 + 10000) / 20000) + coalesce(v.fixed_cents, 0),
        coalesce(v.min_cents, 0)), coalesce(v.max_cents, 9223372036854775807))
      - (retail * coalesce(v.payment_fee_bps, 0) * 2 + 10000) / 20000
      + case when coalesce(v.fee_bearer, 'DISTRIBUTOR') = 'DISTRIBUTOR' then 0
          else (retail * v.payment_fee_bps * 2 + 10000) / 20000 end
    ) * 1000.0 / nullif(retail, 0)) * 10)::integer
  from (select 1) one left join lateral (
    select v.* from split_rules r cross join lateral (
      select w.* from split_rule_versions w where w.rule_id = r.id and w.effective_at <= now()
      order by w.effective_at desc, w.version desc limit 1) v
    where r.is_active
      and (r.category_id is null or r.category_id = category or r.category_id =
        (select c.parent_id from categories c where c.id = category))
      and (r.supplier_id is null or r.supplier_id = supplier)
      and (r.product_id is null or r.product_id = product)
      and (r.distributor_id is null or r.distributor_id = (select app_distributor()))
      and (r.store_id is null or r.store_id = (select s.id from stores s
        where s.id = store and s.distributor_id = (select app_distributor())))
    order by r.position, r.id limit 1) v on true
$$"""


def upgrade() -> None:
    """Create the function."""
    op.execute(_MARGIN)
    signature = "own_margin_bps(uuid, uuid, uuid, uuid, bigint, bigint)"
    op.execute(f"alter function {signature} owner to tongshang_engine")
    op.execute(f"revoke all on function {signature} from public")
    op.execute(f"grant execute on function {signature} to tongshang_app, tongshang_engine")


def downgrade() -> None:
    """Drop the function."""
    op.execute("drop function own_margin_bps(uuid, uuid, uuid, uuid, bigint, bigint)")
