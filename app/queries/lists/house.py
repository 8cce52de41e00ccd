"""What the lists of administration show: staff and the audit trail, alike in all workspaces."""

from collections.abc import Mapping

from app.access import BUILT_IN_ROLES
from app.kit.i18n import N_, Words
from app.queries.lists.audit_words import AUDIT_ACTION, AUDIT_SCOPE, AUDIT_TABLE
from app.queries.record_names import CALLED
from app.queries.resource import Column, Filter, Resource

SCOPES = ("platform", "supplier", "distributor")

ROLE_WORDS: Words = tuple((role.code, role.name) for role in BUILT_IN_ROLES)
"""The built-in roles by their codes; an owner's own roles stand under their names."""

_HERE = "m.merchant_id is not distinct from (select app_merchant())"
_ROLE = "case when r.is_built_in then r.code else r.name end"

_PEOPLE = f"""\
(select u.id, u.name, u.email, u.totp_enabled_at is not null as has_second_factor,
   u.disabled_at is not null as is_disabled, min(m.created_at) as joined_at,
   array_agg(r.id::text) as role_ids, string_agg({_ROLE}, ', ' order by r.name) as roles
 from memberships m join users u on u.id = m.user_id join roles r on r.id = m.role_id
 where {_HERE} group by u.id) as p"""

# The platform's people may read merchants' roles too, but none of them is theirs to give.
_ROLE_OPTIONS = (
    f"select r.id, {_ROLE} from roles r where r.is_platform = ((select app_scope()) = 'platform')"
    " order by not r.is_built_in, r.created_at, r.id"
)


def _staff(scope: str) -> Resource:
    return Resource(
        name="staff",
        title=N_("Staff"),
        permission=f"{scope}:staff:read",
        source=_PEOPLE,
        key="p.id",
        columns=(
            Column("name", N_("Full name"), "p.name", "title", sort="p.name"),
            Column("email", N_("E-mail"), "p.email", sort="p.email"),
            Column("roles", N_("Role"), "p.roles", "status", sort="p.roles", words=ROLE_WORDS),
            Column("second_factor", N_("Two-step verification"),
                   "case when p.has_second_factor then 'ON' else 'OFF' end", "status",
                   words=(("ON", N_("On")), ("OFF", N_("Off")))),
            Column("state", N_("Status"),
                   "case when p.is_disabled then 'DISABLED' else 'ACTIVE' end", "status",
                   words=(("ACTIVE", N_("Active")), ("DISABLED", N_("Disabled"))), hidden=True),
            Column("joined_at", N_("Joined"), "p.joined_at", "day", sort="p.joined_at",
                   on_phone=False),
        ),
        filters=(
            Filter("role", N_("Role"), ":role = any(p.role_ids)", options_sql=_ROLE_OPTIONS,
                   words=ROLE_WORDS),
            Filter("second_factor", N_("Two-step verification"),
                   "p.has_second_factor = (:second_factor = 'on')",
                   choices=(("on", N_("On")), ("off", N_("Off")))),
        ),
        search="p.name ilike '%' || :like or p.email like '%' || lower(:like)",
        search_hint=N_("Name, e-mail"),
        default_sort="name",
    )  # fmt: skip


_SEARCH = (
    "a.row_id = :q or a.row_id like :like or u.name ilike :like or u.email like :like"
    # A row's key may have two parts: the listing and the SKU, the role and the permission.
    f" or split_part(a.row_id, '/', 1) in ({CALLED}) or split_part(a.row_id, '/', 2) in ({CALLED})"
    # What is gone is called what its entries say of it.
    + "".join(
        f" or a.{side} ->> '{column}' ilike '%' || :like"
        for side in ("before", "after")
        for column in ("name", "title", "code", "name_zh", "number")
    )
)


def _audit(scope: str) -> Resource:
    return Resource(
        name="audit",
        title=N_("Audit trail"),
        permission=f"{scope}:audit:read",
        source="audit_entries a left join users u on u.id = a.user_id"
        " left join merchants w on w.id = a.acting_merchant_id",
        key="a.id",
        columns=(
            Column("at", N_("When"), "a.at", "moment", sort="a.id"),
            Column("who", N_("Who"), "coalesce(u.name, '')", "text"),
            Column("scope", N_("Acting as"), "coalesce(a.scope, 'system')", "status",
                   words=AUDIT_SCOPE),
            Column("merchant", N_("Company"), "coalesce(w.name, '')", on_phone=False),
            Column("action", N_("Action"), "a.action", "status", words=AUDIT_ACTION),
            Column("table", N_("What"), "a.table_name", "status", words=AUDIT_TABLE),
            # The page calls the record by its name; a file holds its identifier.
            Column("row", N_("Which record"), "a.row_id"),
            Column("changes", N_("Before → after"),
                   "jsonb_build_object('table', a.table_name, 'before', a.before,"
                   " 'after', a.after)", "changes"),
            Column("email", N_("E-mail"), "u.email", hidden=True),
        ),
        filters=(
            Filter("user", N_("Who"), "a.user_id = cast(:user as uuid)", options_sql=(
                "select distinct u.id, u.name || ' · ' || u.email from memberships m"
                f" join users u on u.id = m.user_id where {_HERE} order by 2 limit 300")),
            Filter("table", N_("What"), "a.table_name = :table", choices=AUDIT_TABLE),
            Filter("action", N_("Action"), "a.action = :action", choices=AUDIT_ACTION),
            Filter("at", N_("When"), "a.at", kind="dates"),
        ),
        search=_SEARCH,
        search_hint=N_("Name or number of the record, person, e-mail"),
        default_sort="-at",
    )  # fmt: skip


STAFF: Mapping[str, Resource] = {scope: _staff(scope) for scope in SCOPES}
AUDIT: Mapping[str, Resource] = {scope: _audit(scope) for scope in SCOPES}

JOB_STATUS: Words = (
    ("todo", N_("Waiting")),
    ("doing", N_("Running")),
    ("failed", N_("Failed")),
    ("succeeded", N_("Done")),
    ("cancelled", N_("Cancelled")),
    ("aborted", N_("Aborted")),
)

JOB_NAMES: Words = (
    ("expire_orders", N_("Close unpaid orders")),
    ("poll_payments", N_("Query open payments")),
    ("submit_refunds", N_("Send refunds to the provider")),
    ("retry_refunds", N_("Retry refunds")),
    ("track_parcels", N_("Track parcels")),
    ("refresh_sold_out", N_("Update sold-out products in stores")),
    ("refresh_all_stores", N_("Update all store pages")),
    ("settle", N_("Release shares that are due")),
    ("send_mail", N_("Send an e-mail")),
    ("mail_reset_link", N_("Send a password link")),
    ("carry_out_import", N_("Carry out a data import")),
    ("take_up_imports", N_("Continue data imports")),
    ("tidy_sessions", N_("Remove expired sessions")),
    ("send_reports", N_("Send scheduled reports")),
    ("tidy_reports", N_("Remove old report deliveries")),
    ("refresh_snapshots", N_("Update the analytics files")),
    ("audit_snapshots", N_("Check the analytics files")),
    ("count_sources", N_("Count visits by source")),
    ("tidy_visits", N_("Remove old visits")),
    ("verify", N_("Check the books")),
    ("watch_deadlines", N_("Look for what is overdue")),
    ("mail_notices", N_("Mail notices")),
    ("take_up_stalled", N_("Continue jobs of a dead worker")),
    ("index_products", N_("Index products for search")),
)
"""Every job in words; a test compares them with the jobs that there are."""

JOBS = Resource(
    name="jobs",
    title=N_("Jobs"),
    permission="platform:system:read",
    # Their arguments are not shown: they may hold sealed mails.
    source="procrastinate_jobs j left join lateral (select max(e.at) as at"
    " from procrastinate_events e where e.job_id = j.id) e on true",
    key="j.id",
    columns=(
        Column("task", N_("Job"), "split_part(j.task_name, ':', 2)", "title", sort="j.task_name",
               words=JOB_NAMES),
        Column("status", N_("Status"), "j.status::text", "status", sort="j.status",
               words=JOB_STATUS),
        Column("attempts", N_("Attempts"), "j.attempts", "quantity", sort="j.attempts"),
        Column("scheduled_at", N_("Scheduled"), "j.scheduled_at", "moment",
               sort="j.scheduled_at", on_phone=False),
        Column("at", N_("Last change"), "e.at", "moment", sort="e.at"),
    ),
    filters=(
        Filter("status", N_("Status"), "j.status::text = :status", choices=JOB_STATUS),
    ),
    search="j.task_name ilike '%' || :like",
    search_hint=N_("Name of the job"),
    default_sort="-at",
)  # fmt: skip
"""Finished jobs are removed by the worker, so this is what waits, runs or failed."""
