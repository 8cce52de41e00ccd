"""Let a parcel name a carrier that is in no table.

Revision ID: 0195
Revises: 0184
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0195"
down_revision: str | None = "0170"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the name and the site of such a carrier."""
    op.execute(
        "alter table shipments add carrier_name varchar(40) not null default '',"
        " add carrier_site varchar(200) not null default ''"
    )


def downgrade() -> None:
    """Forget them."""
    op.execute("alter table shipments drop carrier_name, drop carrier_site")
