"""Let a picture show the SKUs of a spec value, such as a colour.

Revision ID: 0181
Revises: 0180
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0181"
down_revision: str | None = "0180"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the value; what a picture's description named until now is taken for it."""
    op.execute("alter table product_images add spec_value varchar(40) not null default ''")
    op.execute(
        "update product_images i set spec_value = i.alt where i.alt <> '' and exists (select 1"
        " from skus k where k.product_id = i.product_id and jsonb_exists(k.spec_values, i.alt))"
    )


def downgrade() -> None:
    """Forget the values."""
    op.execute("alter table product_images drop spec_value")
