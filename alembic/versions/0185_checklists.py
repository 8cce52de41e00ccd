"""Keep who has hidden the checklist of the first steps, by workspace.

Revision ID: 0185
Revises: 0181
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0185"
down_revision: str | None = "0175"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = """
create table hidden_checklists (
    id uuid constraint pk_hidden_checklists primary key,
    user_id uuid not null
        constraint fk_hidden_checklists_user_id references users (id) on delete cascade,
    scope varchar(12) not null,
    merchant_id uuid constraint fk_hidden_checklists_merchant_id references merchants (id),
    created_at timestamptz not null default now(),
    constraint uq_hidden_checklists_place unique nulls not distinct (user_id, scope, merchant_id)
)
"""
MINE_HERE = (
    "user_id = (select app_user()) and scope = (select app_scope())"
    " and merchant_id is not distinct from (select app_merchant())"
)


def upgrade() -> None:
    """Create the table; each person reads and writes their own rows of where they act."""
    op.execute("set local lock_timeout = '5s'")
    op.execute(TABLE)
    op.execute("create index ix_hidden_checklists_user_id on hidden_checklists (user_id)")
    op.execute("grant select, insert, update, delete on hidden_checklists to tongshang_engine")
    op.execute("grant select, insert on hidden_checklists to tongshang_app")
    op.execute("alter table hidden_checklists enable row level security")
    op.execute("alter table hidden_checklists force row level security")
    op.execute(
        "create policy engine on hidden_checklists to tongshang_engine using (true)"
        " with check (true)"
    )
    op.execute(
        f"create policy app_read on hidden_checklists for select to tongshang_app using ({MINE_HERE})"
    )
    op.execute(
        "create policy app_insert on hidden_checklists for insert to tongshang_app"
        f" with check ({MINE_HERE})"
    )


def downgrade() -> None:
    """Forget who has hidden a checklist."""
    op.execute("drop table hidden_checklists")
