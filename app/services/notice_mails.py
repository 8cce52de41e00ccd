"""The mails of notices, and those to buyers: written down once each, then sent.

A mail is claimed before it is sent and marked after it, so that a worker that dies between the
two leaves one unsent rather than one sent twice.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from app import routes
from app.access import SYSTEM, Scope
from app.adapters.mail import Mail, mailer
from app.kit.clock import now
from app.kit.i18n import N_, gettext, money_text
from app.kit.settings import settings
from app.routes import PLATFORM_SLUG, Workspace
from app.services.engine import engine_transaction
from app.services.inbox import about
from app.services.notices import KINDS
from app.services.placing import access_token
from app.words import NOTICE

MAX_ATTEMPTS = 8
BATCH = 50
LOOK_BACK = timedelta(days=1)
"""So long after it happened something is still told to a buyer."""

BUYER_MAILS: Mapping[str, str] = {
    "PLACED": N_("Your order was placed"),
    "PAID": N_("Your order is paid"),
    "SHIPPED": N_("A parcel of your order is on its way"),
    "REFUNDED": N_("Money of your order was paid back"),
}
"""What a buyer with an e-mail address is told, by what happened to the order."""

_TAKE = text(
    "with taken as (update notifications n set to_mail = false from ("
    "  select id from notifications where to_mail order by created_at limit 5000"
    "  for update skip locked) d where n.id = d.id"
    "  returning n.id, n.scope, n.merchant_id, n.kind, n.event)"
    " insert into notice_mails (key, kind, notification_id, user_id)"
    " select distinct on (t.kind, t.event, m.user_id)"
    "  t.kind || ':' || t.event || ':' || m.user_id, t.kind, t.id, m.user_id"
    " from taken t join unnest(cast(:kinds as text[]), cast(:needs as text[])) as k(kind, need)"
    "  on k.kind = t.kind"
    " join memberships m on m.merchant_id is not distinct from t.merchant_id"
    " join roles r on r.id = m.role_id and r.is_platform = (m.merchant_id is null)"
    " join users u on u.id = m.user_id and u.disabled_at is null"
    " where exists (select 1 from role_permissions p where p.role_id = r.id"
    "  and p.permission in (t.scope || ':' || k.need,"
    "   t.scope || ':' || replace(k.need, 'read', 'write')))"
    " order by t.kind, t.event, m.user_id on conflict (key) do nothing"
)
_BUYERS = text(
    "insert into notice_mails (key, kind, order_id, about)"
    " select distinct on (x.key) x.key, x.kind, x.order_id, x.about from ("
    "  select case when e.kind = 'SHIPPED' then 'buyer:' || e.id"
    "    else 'buyer:' || e.order_id || ':' || e.kind end as key, e.kind, e.order_id,"
    "   '' as about from order_events e join orders o on o.id = e.order_id"
    "  where e.created_at > :since and e.kind in ('PLACED', 'PAID', 'SHIPPED')"
    "   and o.buyer_email is not null and o.imported_at is null"
    "  union all select 'buyer:' || r.id, 'REFUNDED', r.order_id, r.amount_cents::text"
    "  from refunds r join orders o on o.id = r.order_id"
    "  where r.succeeded_at > :since and o.buyer_email is not null) x"
    " order by x.key on conflict (key) do nothing"
)
_CLAIM = text(
    "update notice_mails w set state = 'SENDING', attempts = w.attempts + 1 from ("
    "  select key from notice_mails where state = 'WAITING' order by created_at limit :limit"
    "  for update skip locked) d where w.key = d.key"
    " returning w.key, w.kind, w.about, w.attempts, w.notification_id, w.user_id, w.order_id"
)
_CONTENTS = text(
    "select w.key, w.kind, w.about, w.attempts, u.email, u.locale, n.scope, n.params, n.path,"
    " m.code, o.number, o.buyer_email, o.locale as buyer_locale, o.currency, o.id as order_id,"
    " s.slug, s.name as store from notice_mails w"
    " left join notifications n on n.id = w.notification_id"
    " left join merchants m on m.id = n.merchant_id left join users u on u.id = w.user_id"
    " left join orders o on o.id = w.order_id left join stores s on s.id = o.store_id"
    " where w.key = any(:keys)"
)
_DONE = text(
    "update notice_mails set state = cast(:state as text),"
    " sent_at = case when cast(:state as text) = 'SENT'"
    " then cast(:at as timestamptz) end where key = :key and state = 'SENDING'"
)


async def send_waiting() -> int:
    """Write down the mails that are due, and send what waits; return how many were sent."""
    await _write_down()
    sent = 0
    while batch := await _claim():
        refused = 0
        for row in batch:
            is_sent = await _send(row)
            sent += is_sent
            refused += not is_sent
        if refused:
            # The mail server is away; the next round tries again.
            break
    return sent


async def _write_down() -> None:
    needs = {kind: how.permission for kind, how in KINDS.items() if how.mails}
    async with engine_transaction(SYSTEM, "notices.mail") as session:
        await session.execute(_TAKE, {"kinds": list(needs), "needs": list(needs.values())})
        await session.execute(_BUYERS, {"since": now() - LOOK_BACK})


async def _claim() -> Sequence[Mapping[str, Any]]:
    async with engine_transaction(SYSTEM, "notices.mail") as session:
        claimed = await session.execute(_CLAIM, {"limit": BATCH})
        keys = [row.key for row in claimed]
        found = await session.execute(_CONTENTS, {"keys": keys})
        return [dict(row) for row in found.mappings()]


async def _send(row: Mapping[str, Any]) -> bool:
    """Send one mail; say whether it left. A server that is away is asked again, eight times."""
    try:
        await mailer().send(_to_buyer(row) if row["number"] else _to_member(row))
        state = "SENT"
    except OSError:
        state = "WAITING" if row["attempts"] < MAX_ATTEMPTS else "FAILED"
    async with engine_transaction(SYSTEM, "notices.mail") as session:
        await session.execute(_DONE, {"key": row["key"], "state": state, "at": now()})
    return state == "SENT"


def _to_member(row: Mapping[str, Any]) -> Mail:
    message = dict(NOTICE)[row["kind"]]
    said = gettext(row["locale"], message)
    what = about(row["params"])
    workspace = Workspace(Scope(row["scope"]), row["code"] or PLATFORM_SLUG)
    link = f"{settings().origin}{routes.console(workspace, row['path'] or 'dashboard')}"
    body = "\n\n".join(part for part in (said, what, link) if part)
    subject = f"{said} · {what}" if what else said
    return Mail(row["email"], subject.replace("\n", " ")[:200], f"{body}\n", key=row["key"])


def _to_buyer(row: Mapping[str, Any]) -> Mail:
    locale = row["buyer_locale"]
    message = BUYER_MAILS[row["kind"]]
    said = gettext(locale, message)
    amount = money_text(int(row["about"]), row["currency"]) if row["about"] else ""
    token = access_token(row["order_id"])
    page = routes.store(row["slug"], f"orders/{row['number']}?t={token}")
    link = f"{settings().origin}{page}"
    order = gettext(locale, N_("Order %(number)s, %(store)s")) % {
        "number": row["number"],
        "store": row["store"],
    }
    body = "\n\n".join(part for part in (said, order, amount, link) if part)
    return Mail(row["buyer_email"], f"{said} · {row['number']}", f"{body}\n", key=row["key"])
