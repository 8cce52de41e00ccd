"""A store's usual pricing rule, apart from the store that every shopper may read.

Revision ID: 0070
Revises: 0050
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0070"
down_revision: str | None = "0050"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OWN = "distributor_id = (select app_distributor())"


def upgrade() -> None:
    """Create the table with its policies."""
    op.execute(
        "create table store_terms ("
        " store_id uuid not null constraint pk_store_terms primary key"
        "  constraint fk_store_terms_store_id references stores (id) on delete cascade,"
        " distributor_id uuid not null"
        "  constraint fk_store_terms_distributor_id references merchants (id),"
        " pricing jsonb default '{}' not null,"
        " cost_policy varchar(14) not null constraint ck_store_terms_cost_policy_known"
        "  check (cost_policy in ('FOLLOW_MARGIN', 'HOLD_PRICE', 'PAUSE')),"
        " updated_at timestamptz default now() not null)"
    )
    op.execute("create index ix_store_terms_distributor_id on store_terms (distributor_id)")
    op.execute(
        "grant select, insert, update, delete on store_terms to tongshang_app, tongshang_engine"
    )
    op.execute("alter table store_terms enable row level security")
    op.execute("alter table store_terms force row level security")
    op.execute(
        "create policy engine on store_terms to tongshang_engine using (true) with check (true)"
    )
    op.execute(f"create policy app_read on store_terms for select to tongshang_app using ({OWN})")
    op.execute(
        f"create policy app_insert on store_terms for insert to tongshang_app with check ({OWN})"
    )
    op.execute(
        "create policy app_update on store_terms for update to tongshang_app"
        f" using ({OWN}) with check ({OWN})"
    )
    op.execute(f"create policy app_delete on store_terms for delete to tongshang_app using ({OWN})")


def downgrade() -> None:
    """Drop the table; stores then price as suppliers suggest."""
    op.execute("drop table store_terms")
