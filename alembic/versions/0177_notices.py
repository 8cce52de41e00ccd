"""Tell everybody concerned once: notices by event, their mails, and a buyer's address for mail.

Revision ID: 0177
Revises: 0176
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0177"
down_revision: str | None = "0195"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_MAILS = """\
create table notice_mails (
  key varchar(200) not null,
  kind varchar(40) not null,
  notification_id uuid references notifications (id) on delete cascade,
  user_id uuid references users (id) on delete cascade,
  order_id uuid references orders (id) on delete cascade,
  about varchar(200) not null default '',
  state varchar(8) not null default 'WAITING',
  attempts integer not null default 0,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  constraint pk_notice_mails primary key (key),
  constraint ck_notice_mails_state_known
    check (state in ('WAITING', 'SENDING', 'SENT', 'FAILED')),
  constraint ck_notice_mails_to_one check ((user_id is null) <> (order_id is null))
)"""


def upgrade() -> None:
    """Add the columns and the table, which only the engine reads: it holds who was written to."""
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table notifications add event varchar(120)")
    op.execute("alter table notifications add to_mail boolean not null default false")
    op.execute(
        "create unique index uq_notifications_event on notifications"
        " (scope, merchant_id, kind, event) nulls not distinct where event is not null"
    )
    op.execute("create index ix_notifications_to_mail on notifications (created_at) where to_mail")
    op.execute("alter table orders add buyer_email varchar(254)")
    op.execute(_MAILS)
    op.execute(
        "create index ix_notice_mails_waiting on notice_mails (created_at) where state = 'WAITING'"
    )
    op.execute("grant select, insert, update, delete on notice_mails to tongshang_engine")
    op.execute("alter table notice_mails enable row level security")
    op.execute("alter table notice_mails force row level security")
    op.execute(
        "create policy engine on notice_mails to tongshang_engine using (true) with check (true)"
    )


def downgrade() -> None:
    """Drop them."""
    op.execute("drop table notice_mails")
    op.execute("alter table orders drop column buyer_email")
    op.execute("drop index ix_notifications_to_mail")
    op.execute("drop index uq_notifications_event")
    op.execute("alter table notifications drop column to_mail")
    op.execute("alter table notifications drop column event")
