"""Let a person have a hidden checklist shown again."""

from alembic import op

revision = "0186"
down_revision = "0177"
branch_labels = None
depends_on = None

MINE_HERE = (
    "user_id = (select app_user()) and scope = (select app_scope())"
    " and merchant_id is not distinct from (select app_merchant())"
)


def upgrade() -> None:
    """Let each person remove their own row of where they act."""
    op.execute("set local lock_timeout = '5s'")
    op.execute("grant delete on hidden_checklists to tongshang_app")
    op.execute(
        "create policy app_delete on hidden_checklists for delete to tongshang_app"
        f" using ({MINE_HERE})"
    )


def downgrade() -> None:
    """Keep what is hidden."""
    op.execute("drop policy app_delete on hidden_checklists")
    op.execute("revoke delete on hidden_checklists from tongshang_app")
