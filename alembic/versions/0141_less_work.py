"""Spare work where many rows come at once: the import's statistics, and keys of the audit trail.

Revision ID: 0141
Revises: 0140
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0141"
down_revision: str | None = "0140"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ANALYZE = """\
create function analyze_history(step text) returns void language plpgsql security definer
    set search_path = pg_catalog, public as $$
begin
    case step
    when 'catalogue' then
        analyze merchants, stores, categories, products, skus, listings, external_ids,
            ledger_accounts;
    when 'people' then
        analyze consumers, consumer_addresses;
    when 'orders' then
        analyze orders, supplier_orders, order_lines, fulfilment_lines, payments, shipments,
            ledger_transactions, postings;
    when 'reviews' then
        analyze reviews;
    end case;
end $$"""
"""Each step of an import writes its own tables, so that none is read twice."""

# PostgreSQL writes a simple expression into the statement that calls it; the general one it calls
# for each row, which is most of what the trail of many rows costs.
AUDIT_KEY = """\
create function audit_key(line jsonb, columns text) returns text language sql immutable
    parallel safe as $$
    select case strpos(columns, ',') when 0 then line ->> columns
           else audit_joined_key(line, columns) end $$"""


def upgrade() -> None:
    """Analyse by steps; take the key of one column without a call."""
    op.execute(ANALYZE)
    op.execute("revoke execute on function analyze_history(text) from public")
    op.execute("grant execute on function analyze_history(text) to tongshang_engine")
    op.execute("drop function analyze_history()")
    op.execute("alter function audit_key(jsonb, text) rename to audit_joined_key")
    op.execute(AUDIT_KEY)


def downgrade() -> None:
    """Analyse all tables after each step again."""
    op.execute("drop function audit_key(jsonb, text)")
    op.execute("alter function audit_joined_key(jsonb, text) rename to audit_key")
    op.execute(
        "create function analyze_history() returns void language plpgsql security definer"
        " set search_path = pg_catalog, public as $$ begin"
        " analyze merchants, stores, categories, products, skus, listings, external_ids,"
        "  consumers, consumer_addresses, orders, supplier_orders, order_lines, fulfilment_lines,"
        "  payments, shipments, reviews, ledger_accounts, ledger_transactions, postings; end $$"
    )
    op.execute("revoke execute on function analyze_history() from public")
    op.execute("grant execute on function analyze_history() to tongshang_engine")
    op.execute("drop function analyze_history(text)")
