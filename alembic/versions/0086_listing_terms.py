"""How a listing's prices are made, apart from the listing that every shopper may read.

Revision ID: 0086
Revises: 0085
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0086"
down_revision: str | None = "0085"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OWN = "distributor_id = (select app_distributor())"
POLICIES = "('FOLLOW_MARGIN', 'HOLD_PRICE', 'PAUSE')"

_READS_AUDIT = (
    "(merchant_id = (select app_merchant()) and (select app_may_here('audit:read'))"
    " and (table_name <> 'sku_costs' or (select app_may('supplier:costs:read')))"
    " and (table_name not in ({tables}) or (select app_scope()) = 'distributor'))"
    " or ((select app_platform('audit:read'))"
    "  and (table_name <> 'sku_costs' or (select app_platform('costs:read'))))"
)
_BEFORE = "'listings', 'listing_skus', 'stores'"


def upgrade() -> None:
    """Create the table with its policies, move what listings hold, and audit it from then on."""
    op.execute(
        "create table listing_terms ("
        " listing_id uuid not null constraint pk_listing_terms primary key"
        "  constraint fk_listing_terms_listing_id references listings (id) on delete cascade,"
        " distributor_id uuid not null"
        "  constraint fk_listing_terms_distributor_id references merchants (id),"
        " pricing jsonb default '{}' not null,"
        " cost_policy varchar(14) not null constraint ck_listing_terms_cost_policy_known"
        f"  check (cost_policy in {POLICIES}),"
        " updated_at timestamptz default now() not null)"
    )
    op.execute("create index ix_listing_terms_distributor_id on listing_terms (distributor_id)")
    _guard()
    _move(
        "insert into listing_terms (listing_id, distributor_id, pricing, cost_policy)"
        " select id, distributor_id, pricing, cost_policy from listings"
    )
    op.execute("alter table listings drop column pricing, drop column cost_policy")
    _audit()


def downgrade() -> None:
    """Put both columns back into the listings."""
    op.execute(
        "alter table listings add column pricing jsonb default '{}' not null,"
        " add column cost_policy varchar(14) default 'FOLLOW_MARGIN' not null"
        f"  constraint ck_listings_cost_policy_known check (cost_policy in {POLICIES})"
    )
    _move(
        "update listings l set pricing = t.pricing, cost_policy = t.cost_policy"
        " from listing_terms t where t.listing_id = l.id"
    )
    op.execute("alter table listings alter column cost_policy drop default")
    op.execute(
        f"alter policy app_read on audit_entries using ({_READS_AUDIT.format(tables=_BEFORE)})"
    )
    op.execute("drop table listing_terms")


def _guard() -> None:
    op.execute(
        "grant select, insert, update, delete on listing_terms to tongshang_app, tongshang_engine"
    )
    op.execute("alter table listing_terms enable row level security")
    op.execute("alter table listing_terms force row level security")
    op.execute(
        "create policy engine on listing_terms to tongshang_engine using (true) with check (true)"
    )
    op.execute(f"create policy app_read on listing_terms for select to tongshang_app using ({OWN})")
    op.execute(
        f"create policy app_insert on listing_terms for insert to tongshang_app with check ({OWN})"
    )
    op.execute(
        "create policy app_update on listing_terms for update to tongshang_app"
        f" using ({OWN}) with check ({OWN})"
    )
    op.execute(
        f"create policy app_delete on listing_terms for delete to tongshang_app using ({OWN})"
    )


def _move(statement: str) -> None:
    # Row-level security is forced, so that an owner who is no superuser would move nothing.
    op.execute("set local role tongshang_engine")
    op.execute(statement)
    op.execute("reset role")


def _audit() -> None:
    for event, transition in (
        ("insert", "new table as after_rows"),
        ("update", "old table as before_rows new table as after_rows"),
        ("delete", "old table as before_rows"),
    ):
        op.execute(
            f"create trigger audit_{event} after {event} on listing_terms"
            f" referencing {transition} for each statement"
            f" execute function audit_{event}('listing_id', 'distributor_id')"
        )
    tables = f"{_BEFORE}, 'listing_terms'"
    op.execute(
        f"alter policy app_read on audit_entries using ({_READS_AUDIT.format(tables=tables)})"
    )
