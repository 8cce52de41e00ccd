"""Saved analyses, mailed reports and what became of them; alike in all workspaces."""

from collections.abc import Mapping

from app.kit.i18n import N_, Words
from app.queries.lists.house import ROLE_WORDS, SCOPES
from app.queries.resource import Column, Filter, Resource

SHARING: Words = (
    ("OWN", N_("Only me")),
    ("ALL", N_("Everybody here")),
    *ROLE_WORDS,
)
PINNED: Words = (("PINNED", N_("On the dashboard")),)
RHYTHM: Words = (("DAILY", N_("Daily")), ("WEEKLY", N_("Weekly")), ("MONTHLY", N_("Monthly")))
DAYS: Words = (
    ("W1", N_("Monday")),
    ("W2", N_("Tuesday")),
    ("W3", N_("Wednesday")),
    ("W4", N_("Thursday")),
    ("W5", N_("Friday")),
    ("W6", N_("Saturday")),
    ("W7", N_("Sunday")),
)
SCHEDULE_STATUS: Words = (("ACTIVE", N_("Active")), ("PAUSED", N_("Paused")))
SUBJECT: Words = (("DASHBOARD", N_("Dashboard")), ("ANALYSIS", N_("Analysis")))
DELIVERY_STATUS: Words = (
    ("WAITING", N_("Waiting")),
    ("SENT", N_("Sent")),
    ("NO_ACCESS", N_("No access")),
    ("LEFT", N_("Left the workspace")),
    ("UNSUBSCRIBED", N_("Unsubscribed")),
    ("FAILED", N_("Failed")),
)
FAULTS: Words = tuple(
    (message, message)
    for message in (
        N_("The analysis is no longer shared with the person who set up this report."),
        N_("Something went wrong on our side; the log has the details."),
        N_("The mail server rejected it."),
    )
)
"""What stands in a delivery's ``fault``; see ``app.services.reports.delivering``."""


def _analyses(scope: str) -> Resource:
    shared = (
        "case a.sharing when 'ROLE' then case when r.is_built_in then r.code else r.name end"
        " else a.sharing end"
    )
    mine = "a.user_id = (select app_user())"
    # Joined, since a colon before a word stands for a parameter.
    manages = "(a.sharing <> 'OWN' and (select app_may_here('analytics:' || 'write')))"
    return Resource(
        name="analyses",
        title=N_("Saved analyses"),
        permission=f"{scope}:analytics:read",
        source="analyses a left join colleagues() c on c.id = a.user_id"
        " left join roles r on r.id = a.role_id left join analysis_readers o"
        " on o.analysis_id = a.id and o.user_id = (select app_user())",
        key="a.id",
        columns=(
            Column("name", N_("Name"), "a.name", "title", sort="a.name",
                   link="explore?analysis={id}"),
            Column("owner", N_("Owner"), "coalesce(c.name, '–')", sort="c.name"),
            Column("shared", N_("Shared with"), shared, "status", sort=shared, words=SHARING),
            Column("pinned", N_("Dashboard"), "case when a.is_pinned then 'PINNED' else '' end",
                   "status", words=PINNED),
            Column("opened_at", N_("Last opened"), "o.opened_at", "moment", sort="o.opened_at"),
            Column("updated_at", N_("Changed"), "a.updated_at", "moment", sort="a.updated_at",
                   on_phone=False),
            Column("mine", "", f"case when {mine} then 'YES' else 'NO' end", silent=True),
            Column("removable", "", f"case when {mine} or {manages} then 'YES' else 'NO' end",
                   silent=True),
        ),
        filters=(
            Filter("whose", N_("Ownership"), f"({mine}) = (:whose = 'mine')",
                   choices=(("mine", N_("My own")), ("others", N_("Shared by others")))),
            Filter("pinned", N_("Dashboard"), "a.is_pinned = (:pinned = 'yes')",
                   choices=(("yes", N_("On the dashboard")), ("no", N_("Not on the dashboard")))),
        ),
        search="a.name ilike '%' || :like or c.name ilike '%' || :like",
        search_hint=N_("Name, owner"),
        default_sort="-opened_at",
    )  # fmt: skip


def _schedules(scope: str) -> Resource:
    day = (
        "case s.rhythm when 'WEEKLY' then 'W' || s.weekday"
        " when 'MONTHLY' then s.month_day::text else '' end"
    )
    return Resource(
        name="reports",
        title=N_("Scheduled reports"),
        permission=f"{scope}:analytics:read",
        source="report_schedules s left join colleagues() c on c.id = s.user_id"
        " left join analyses a on a.id = s.analysis_id"
        " left join lateral (select count(*) filter (where r.unsubscribed_at is null) as people"
        "  from report_receivers r where r.schedule_id = s.id) as r on true"
        " left join lateral (select d.status from report_deliveries d where d.schedule_id = s.id"
        "  order by d.due_at desc, case d.status when 'FAILED' then 0 when 'NO_ACCESS' then 1"
        "  else 2 end limit 1) as d on true",
        key="s.id",
        columns=(
            Column("name", N_("Name"), "s.name", "title", sort="s.name",
                   link="deliveries?report={id}"),
            Column("subject", N_("What"),
                   "case when s.analysis_id is null then 'DASHBOARD' else 'ANALYSIS' end",
                   words=SUBJECT),
            Column("rhythm", N_("How often"), "s.rhythm", words=RHYTHM, sort="s.rhythm"),
            Column("day", N_("Day"), day, words=DAYS),
            Column("hour", N_("Time of day"), "lpad(s.hour::text, 2, '0') || ':00'", sort="s.hour"),
            Column("people", N_("Receivers"), "r.people", "quantity", sort="r.people"),
            Column("next_at", N_("Next mail"),
                   "case when s.status = 'ACTIVE' then s.next_at end", "moment", sort="s.next_at"),
            Column("last", N_("Last delivery"), "coalesce(d.status, '')", "status",
                   words=DELIVERY_STATUS),
            Column("status", N_("Status"), "s.status", "status", sort="s.status",
                   words=SCHEDULE_STATUS),
            Column("owner", N_("Set up by"), "coalesce(c.name, '–')", hidden=True),
        ),
        filters=(
            Filter("status", N_("Status"), "s.status = :status", choices=SCHEDULE_STATUS),
            Filter("rhythm", N_("How often"), "s.rhythm = :rhythm", choices=RHYTHM),
        ),
        search="s.name ilike '%' || :like",
        search_hint=N_("Name"),
        default_sort="name",
    )  # fmt: skip


def _deliveries(scope: str) -> Resource:
    return Resource(
        name="deliveries",
        title=N_("Deliveries"),
        permission=f"{scope}:analytics:read",
        source="report_deliveries d join report_schedules s on s.id = d.schedule_id"
        " left join colleagues() c on c.id = d.user_id",
        key="d.id",
        columns=(
            Column("report", N_("Report"), "s.name", "title", sort="s.name"),
            Column("receiver", N_("Receiver"), "coalesce(c.name, '–')", sort="c.name"),
            Column("email", N_("E-mail"), "coalesce(c.email, '')"),
            Column("due_at", N_("Due"), "d.due_at", "moment", sort="d.due_at"),
            Column("status", N_("Status"), "d.status", "status", sort="d.status",
                   words=DELIVERY_STATUS),
            Column("fault", N_("Reason"), "coalesce(d.fault, '')", words=FAULTS),
            Column("finished_at", N_("Finished"), "d.finished_at", "moment",
                   sort="d.finished_at", on_phone=False),
            Column("attempts", N_("Attempts"), "d.attempts", "quantity", hidden=True),
        ),
        filters=(
            Filter("status", N_("Status"), "d.status = :status", choices=DELIVERY_STATUS),
            Filter("due", N_("Due"), "d.due_at", kind="dates"),
            Filter("report", N_("Report"), "d.schedule_id = cast(:report as uuid)", kind="link"),
        ),
        search="s.name ilike '%' || :like or c.name ilike '%' || :like or c.email ilike :like",
        search_hint=N_("Report, receiver"),
        default_sort="-due_at",
    )  # fmt: skip


ANALYSES: Mapping[str, Resource] = {scope: _analyses(scope) for scope in SCOPES}
SCHEDULES: Mapping[str, Resource] = {scope: _schedules(scope) for scope in SCOPES}
DELIVERIES: Mapping[str, Resource] = {scope: _deliveries(scope) for scope in SCOPES}
