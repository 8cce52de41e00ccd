"""Save and share analyses, and mail reports at their time.

Revision ID: 0140
Revises: 0130
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0140"
down_revision: str | None = "0130"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = """
create table analyses (
    id uuid constraint pk_analyses primary key,
    user_id uuid not null constraint fk_analyses_user_id references users (id) on delete cascade,
    scope varchar(12) not null,
    merchant_id uuid constraint fk_analyses_merchant_id references merchants (id),
    name varchar(80) not null,
    question jsonb not null default '{}',
    sharing varchar(4) not null,
    role_id uuid constraint fk_analyses_role_id references roles (id) on delete cascade,
    is_pinned boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint ck_analyses_sharing_known check (sharing in ('OWN', 'ROLE', 'ALL')),
    constraint ck_analyses_role_where_shared check ((sharing = 'ROLE') = (role_id is not null))
);
create index ix_analyses_user_id on analyses (user_id);
create index ix_analyses_place on analyses (scope, merchant_id, name);

create table analysis_readers (
    analysis_id uuid not null
        constraint fk_analysis_readers_analysis_id references analyses (id) on delete cascade,
    user_id uuid not null
        constraint fk_analysis_readers_user_id references users (id) on delete cascade,
    opened_at timestamptz not null default now(),
    constraint pk_analysis_readers primary key (analysis_id, user_id)
);
create index ix_analysis_readers_user on analysis_readers (user_id);

create table report_schedules (
    id uuid constraint pk_report_schedules primary key,
    user_id uuid constraint fk_report_schedules_user_id references users (id) on delete set null,
    scope varchar(12) not null,
    merchant_id uuid constraint fk_report_schedules_merchant_id references merchants (id),
    name varchar(80) not null,
    analysis_id uuid
        constraint fk_report_schedules_analysis_id references analyses (id) on delete cascade,
    query jsonb not null default '{}',
    rhythm varchar(8) not null,
    weekday integer not null,
    month_day integer not null,
    hour integer not null,
    status varchar(8) not null,
    next_at timestamptz not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint ck_report_schedules_rhythm_known check (rhythm in ('DAILY', 'WEEKLY', 'MONTHLY')),
    constraint ck_report_schedules_status_known check (status in ('ACTIVE', 'PAUSED')),
    constraint ck_report_schedules_weekday_known check (weekday between 1 and 7),
    constraint ck_report_schedules_month_day_known check (month_day between 1 and 31),
    constraint ck_report_schedules_hour_known check (hour between 0 and 23)
);
create index ix_report_schedules_merchant_id on report_schedules (merchant_id);
create index ix_report_schedules_analysis_id on report_schedules (analysis_id);
create index ix_report_schedules_due on report_schedules (next_at) where status = 'ACTIVE';

create table report_receivers (
    schedule_id uuid not null
        constraint fk_report_receivers_schedule_id references report_schedules (id)
        on delete cascade,
    user_id uuid not null
        constraint fk_report_receivers_user_id references users (id) on delete cascade,
    scope varchar(12) not null,
    merchant_id uuid constraint fk_report_receivers_merchant_id references merchants (id),
    unsubscribed_at timestamptz,
    constraint pk_report_receivers primary key (schedule_id, user_id)
);
create index ix_report_receivers_user_id on report_receivers (user_id);

create table report_deliveries (
    id uuid constraint pk_report_deliveries primary key,
    schedule_id uuid not null
        constraint fk_report_deliveries_schedule_id references report_schedules (id)
        on delete cascade,
    user_id uuid not null
        constraint fk_report_deliveries_user_id references users (id) on delete cascade,
    scope varchar(12) not null,
    merchant_id uuid constraint fk_report_deliveries_merchant_id references merchants (id),
    due_at timestamptz not null,
    status varchar(12) not null,
    attempts integer not null,
    try_at timestamptz not null default now(),
    fault varchar(200),
    created_at timestamptz not null default now(),
    finished_at timestamptz,
    constraint uq_report_deliveries_once unique (schedule_id, user_id, due_at),
    constraint ck_report_deliveries_status_known check (status in
        ('WAITING', 'SENT', 'NO_ACCESS', 'LEFT', 'UNSUBSCRIBED', 'FAILED'))
);
create index ix_report_deliveries_waiting on report_deliveries (try_at) where status = 'WAITING';
"""

COLLEAGUES = """
create function colleagues() returns table (id uuid, name text, email text)
    language sql stable security definer set search_path = pg_catalog, public as $$
    select distinct u.id, u.name::text, u.email::text
    from memberships m join users u on u.id = m.user_id and u.disabled_at is null
    where m.merchant_id is not distinct from app_merchant()
      and app_scope() in ('platform', 'supplier', 'distributor')
      and (app_scope() = 'platform') = (app_merchant() is null)
      and app_may_here('analytics:read') $$
"""
"""Who works where one acts: whose analysis it is, and to whom a report may go. The platform's
analysts do not read its staff otherwise."""

HERE = (
    "(scope = (select app_scope()) and (select app_scope()) in"
    " ('platform', 'supplier', 'distributor')"
    " and merchant_id is not distinct from (select app_merchant()))"
)
MINE = "user_id = (select app_user())"
MANAGES = "(select app_may_here('analytics:write'))"
READS = "(select app_may_here('analytics:read'))"
# Someone else's role, or one of another company, is none to share with.
ROLE_HERE = (
    "(role_id is null or exists (select 1 from roles r where r.id = role_id"
    " and r.is_platform = ((select app_scope()) = 'platform')))"
)
OF_MY_ROLE = (
    "exists (select 1 from memberships m where m.role_id = analyses.role_id"
    f" and m.{MINE} and m.merchant_id is not distinct from analyses.merchant_id)"
)

READ = {
    "analyses": f"{HERE} and {READS} and ({MINE} or sharing = 'ALL' or {OF_MY_ROLE})",
    "analysis_readers": MINE,
    "report_receivers": f"{HERE} and ({MINE} or {MANAGES})",
    "report_schedules": (
        f"{HERE} and ({MINE} or {MANAGES} or exists (select 1 from report_receivers r"
        f" where r.schedule_id = report_schedules.id and r.{MINE}))"
    ),
    "report_deliveries": f"{HERE} and ({MINE} or {MANAGES})",
}
WRITE = {
    # One's own, and without the right over the room's analyses only for oneself.
    "analyses": (
        f"{HERE} and {READS} and {MINE} and (sharing = 'OWN' or {MANAGES}) and {ROLE_HERE}"
    ),
    "analysis_readers": (f"{MINE} and exists (select 1 from analyses a where a.id = analysis_id)"),
    "report_receivers": f"{HERE} and {MANAGES}",
    "report_schedules": (
        f"{HERE} and {MANAGES} and (analysis_id is null or exists"
        " (select 1 from analyses a where a.id = analysis_id))"
    ),
}
BEFORE = {
    # Who manages analyses may take away a shared one, so that nobody's departure leaves it behind.
    "analyses": f"{HERE} and {READS} and ({MINE} or (sharing <> 'OWN' and {MANAGES}))",
    "analysis_readers": MINE,
    "report_schedules": f"{HERE} and {MANAGES}",
}
AUDITED = ("analyses", "report_schedules", "report_receivers")


def upgrade() -> None:
    """Create the tables; deliveries are the worker's to write."""
    op.execute("set local lock_timeout = '5s'")
    for statement in filter(str.strip, TABLES.split(";")):
        op.execute(statement)
    op.execute(COLLEAGUES)
    op.execute("grant create on schema public to tongshang_engine")
    op.execute("alter function colleagues() owner to tongshang_engine")
    op.execute("revoke create on schema public from tongshang_engine")
    for table, reads in READ.items():
        _guard(table, reads)
    for table, after in WRITE.items():
        _writes(table, BEFORE.get(table, after), after)
    for table in AUDITED:
        key = "schedule_id,user_id" if table == "report_receivers" else "id"
        for event, transition in (
            ("insert", "new table as after_rows"),
            ("update", "old table as before_rows new table as after_rows"),
            ("delete", "old table as before_rows"),
        ):
            op.execute(
                f"create trigger audit_{event} after {event} on {table}"
                f" referencing {transition} for each statement"
                f" execute function audit_{event}('{key}', 'merchant_id')"
            )


def _guard(table: str, reads: str) -> None:
    op.execute(f"grant select, insert, update, delete on {table} to tongshang_engine")
    op.execute(f"grant select on {table} to tongshang_app")
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(
        f"create policy engine on {table} to tongshang_engine using (true) with check (true)"
    )
    op.execute(f"create policy app_read on {table} for select to tongshang_app using ({reads})")


def _writes(table: str, before: str, after: str) -> None:
    op.execute(f"grant insert, update, delete on {table} to tongshang_app")
    op.execute(
        f"create policy app_insert on {table} for insert to tongshang_app with check ({after})"
    )
    op.execute(
        f"create policy app_update on {table} for update to tongshang_app"
        f" using ({before}) with check ({after})"
    )
    op.execute(f"create policy app_delete on {table} for delete to tongshang_app using ({before})")


def downgrade() -> None:
    """What people saved would be lost; nothing goes back."""
    raise NotImplementedError("restore a backup instead")
