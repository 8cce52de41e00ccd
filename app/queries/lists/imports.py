"""What the lists of imported history show: its runs, and the rows that one refused."""

from app.kit.i18n import N_
from app.queries.lists.currencies import currency_column
from app.queries.resource import Column, Filter, Resource
from app.words import IMPORT_KIND, IMPORT_PROBLEM, IMPORT_STATE

# Whoever imports holds this lock, so that a run without it is over, whatever its row says.
_ALIVE = (
    "exists (select 1 from pg_locks l where l.locktype = 'advisory' and l.granted"
    " and l.objid = (hashtext('tongshang import')::bigint & 4294967295)::oid"
    # The view tells of all databases of the server.
    " and l.database = (select oid from pg_database where datname = current_database()))"
)
STATE_SQL = (
    f"case when r.state = 'RUNNING' and not r.is_wizard and not {_ALIVE} then 'BROKEN_OFF'"
    " else r.state end"
)


def _count(kind: str, name: str) -> str:
    return f"cast(r.result #>> '{{counts,{kind},{name}}}' as bigint)"


def _amount(name: str) -> str:
    # Amounts are of the run's own currency.
    return f"case when r.state = 'DONE' then cast(r.result ->> '{name}' as bigint) end"


_REFUSED = (
    "(select sum(cast(c.value ->> 'refused' as bigint))"
    " from jsonb_each(coalesce(r.result -> 'counts', '{}')) c)"
)

IMPORTS = Resource(
    name="imports",
    title=N_("Data import"),
    permission="platform:imports:read",
    source="import_runs r left join users u on u.id = r.user_id",
    key="r.id",
    columns=(
        Column("started_at", N_("Start time"), "r.started_at", "moment", sort="r.started_at",
               link="imports/{id}"),
        Column("state", N_("Status"), STATE_SQL, "status", words=IMPORT_STATE),
        Column("source", N_("Source"), "r.source", "code", sort="r.source"),
        Column("files", N_("Files"), "jsonb_array_length(r.files)", "quantity", on_phone=False),
        Column("orders", N_("Orders"), _count("orders", "read"), "quantity"),
        Column("written", N_("New orders"), _count("orders", "written"), "quantity"),
        Column("refused", N_("Refused rows"), _REFUSED, "quantity"),
        Column("items", N_("Goods"), _amount("items_cents"), "money", on_phone=False),
        Column("freight", N_("Freight"), _amount("freight_cents"), "money", hidden=True),
        Column("payments", N_("Payments"), _amount("payments_cents"), "money"),
        currency_column("r.result ->> 'currency'"),
        Column("by", N_("Started by"), "coalesce(u.name, '')", on_phone=False),
        Column("finished_at", N_("End time"), "r.finished_at", "moment", sort="r.finished_at",
               hidden=True),
    ),
    filters=(
        Filter("state", N_("Status"), f"{STATE_SQL} = :state", choices=IMPORT_STATE),
        Filter("started", N_("Start time"), "r.started_at", kind="dates"),
    ),
    search="r.source like :like or u.name ilike '%' || :like",
    search_hint=N_("Source, name"),
    default_sort="-started_at",
)  # fmt: skip


def _place(name: str) -> str:
    return f"coalesce(substring(p.params from '(?:^|;){name}=([^;]*)'), '')"


PLACES = ("least", "most", "words", "encoding")
"""What may fill the places of a problem's sentence."""

IMPORT_PROBLEMS = Resource(
    name="import-problems",
    title=N_("Refused rows"),
    permission="platform:imports:read",
    source="import_problems p",
    key="p.id",
    columns=(
        Column("file", N_("File"), "p.file", "code"),
        # Rows that only share another row's fate come behind those to be mended.
        Column("line", N_("Row"), "p.line", "quantity",
               sort="(p.problem = 'order_refused'), p.file, p.line"),
        Column("column", N_("Column"), "p.field", "code"),
        Column("value", N_("Value found"), "p.value", "code"),
        Column("problem", N_("Problem"), "p.problem", words=IMPORT_PROBLEM),
        *(Column(name, name, _place(name), silent=True) for name in PLACES),
    ),
    filters=(
        Filter("run", N_("Import"), "p.run_id = cast(:run as uuid)", kind="link"),
        Filter("kind", N_("Kind"), "p.kind = :kind", choices=IMPORT_KIND),
        Filter("problem", N_("Problem"), "p.problem = :problem", choices=IMPORT_PROBLEM),
    ),
    search="p.value like :like or p.field like :like or p.file like :like",
    search_hint=N_("Value, column, file"),
    default_sort="line",
)  # fmt: skip
