"""Share saved views with a role, and let one of them be what a page opens with.

Revision ID: 0130
Revises: 0112
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0130"
down_revision: str | None = "0112"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OWN = "(user_id = (select app_user()) and role_id is null)"
HERE = "scope = (select app_scope()) and merchant_id is not distinct from (select app_merchant())"
MANAGED = f"(role_id is not null and {HERE} and (select app_may_here('roles:write')))"
OF_MY_ROLE = (
    f"(role_id is not null and {HERE} and exists (select 1 from memberships m"
    " where m.role_id = saved_views.role_id and m.user_id = (select app_user())"
    " and m.merchant_id is not distinct from saved_views.merchant_id))"
)
# A role of another workspace is no role to share with, whoever asks.
ROLE_HERE = (
    "(role_id is null or exists (select 1 from roles r where r.id = role_id"
    " and r.is_platform = ((select app_scope()) = 'platform')))"
)


def upgrade() -> None:
    """Add the columns; who manages roles shares views, who has the role reads them."""
    op.execute("set local lock_timeout = '5s'")
    op.execute(
        "alter table saved_views add column role_id uuid references roles (id) on delete cascade,"
        " add column is_default boolean not null default false"
    )
    op.execute("create index ix_saved_views_role_id on saved_views (role_id)")
    for action in ("read", "insert", "update", "delete"):
        op.execute(f"drop policy app_{action} on saved_views")
    may_write = f"({OWN} or {MANAGED})"
    after = f"{may_write} and user_id = (select app_user()) and {ROLE_HERE}"
    op.execute(
        "create policy app_read on saved_views for select to tongshang_app"
        f" using ({OWN} or {MANAGED} or {OF_MY_ROLE})"
    )
    op.execute(
        f"create policy app_insert on saved_views for insert to tongshang_app with check ({after})"
    )
    op.execute(
        "create policy app_update on saved_views for update to tongshang_app"
        f" using ({may_write}) with check ({after})"
    )
    op.execute(
        f"create policy app_delete on saved_views for delete to tongshang_app using ({may_write})"
    )


def downgrade() -> None:
    """A shared view would become its author's own; nothing goes back."""
    raise NotImplementedError("restore a backup instead")
