"""Every measure once more, as plain SQL on the tables of the trade, sharing nothing with the app.

Days are casts to local dates, windows are intervals, divisions are rounded by Python. A term is
a source and an aggregate; a measure is (top terms, bottom terms, scale).
"""

from dataclasses import dataclass
from typing import Any

from app.access import Actor
from app.analytics.views import View

VIEWS = """\
create view plain_orders as
select o.*, a.province, coalesce(w.source, '') as source, coalesce(w.campaign, '') as campaign,
  coalesce(o.consumer_id::text, o.buyer_merchant_id::text,
    o.distributor_id::text || a.phone) as who,
  o.paid_at is not null and row_number() over (partition by o.distributor_id,
    coalesce(o.consumer_id::text, o.buyer_merchant_id::text, o.distributor_id::text || a.phone)
    order by o.paid_at nulls last, o.id) = 1 as opens
from orders o join order_addresses a on a.order_id = o.id
  left join order_visits w on w.order_id = o.id;
create view plain_lines as
select l.*, o.paid_at, o.currency, a.province, s.supplier_id, p.category_id, t.supply_cents,
  t.commission_cents, t.margin_cents, t.margin_returned_cents, t.supply_returned_cents,
  case when l.id = (select x.id from order_lines x where x.supplier_order_id = s.id
    order by x.id limit 1) then s.freight_cents else 0 end as freight_cents
from order_lines l join orders o on o.id = l.order_id join supplier_orders s
  on s.id = l.supplier_order_id join order_line_terms t on t.line_id = l.id
  join products p on p.id = l.product_id join order_addresses a on a.order_id = o.id;
create view plain_parts as
select s.*, s.shipped_at - s.paid_at <= interval '48 hours' as in_time,
  s.shipped_at is not null or (s.status in ('PAID', 'ACCEPTED', 'PARTLY_SHIPPED')
    and now() - s.paid_at > interval '48 hours') as known
from supplier_orders s;
create view plain_views as
select v.*, day::date::timestamp at time zone 'Asia/Shanghai' as at from store_product_traffic v;
create view plain_refunds as
select r.*, s.supplier_id, s.store_id from refunds r join supplier_orders s
  on s.id = r.supplier_order_id where r.status <> 'FAILED';
create view plain_entries as
select p.created_at, p.currency, s.supplier_id, s.distributor_id, s.store_id, x.party,
  case when x.is_in then p.amount_cents else -p.amount_cents end as cents
from postings p join supplier_orders s on s.id = p.supplier_order_id
cross join lateral (
  select true as is_in, case when a.merchant_id is null then a.kind else a.role end as party
  from ledger_accounts a where a.id = p.to_account_id
  union all
  select false, case when a.merchant_id is null then a.kind else a.role end
  from ledger_accounts a where a.id = p.from_account_id) x;
"""
"""Views of the owner's, over all tenants."""


@dataclass(frozen=True)
class Source:
    """A table with its moment, and the dimensions that its rows have."""

    table: str
    at: str
    dims: tuple[str, ...]
    has_currency: bool = True


SOURCES = {
    "lines": Source(
        "plain_lines",
        "paid_at",
        ("category", "province", "supplier", "distributor", "store", "product"),
    ),
    "parts": Source("plain_parts", "paid_at", ("supplier", "distributor", "store")),
    "orders": Source(
        "plain_orders", "placed_at", ("province", "distributor", "store", "source", "campaign")
    ),
    "refunds": Source("plain_refunds", "created_at", ("supplier", "distributor", "store")),
    "entries": Source("plain_entries", "created_at", ("supplier", "distributor", "store")),
    "visits": Source(
        "store_visits",
        "first_at",
        ("distributor", "store", "source", "campaign"),
        has_currency=False,
    ),
    "views": Source(
        "plain_views", "at", ("supplier", "distributor", "store", "product"), has_currency=False
    ),
}

Terms = tuple[tuple[str, str], ...]
_VALUE: Terms = (("lines", "sum(goods_cents - discount_cents + freight_cents)"),)
_GOODS: Terms = (("lines", "sum(goods_cents - discount_cents)"),)
_ORDERS: Terms = (("lines", "count(distinct order_id)"),)
_PARTS: Terms = (("lines", "count(distinct supplier_order_id)"),)
_SUPPLY: Terms = (("lines", "sum(supply_cents)"),)
_MARGIN: Terms = (("lines", "sum(margin_cents - margin_returned_cents)"),)
_BUYERS: Terms = (("orders", "count(distinct who) filter (where paid_at is not null)"),)
_MINUTES = "sum(floor(extract(epoch from {0} - paid_at) / 60)) filter (where {0} is not null)"
_REFUNDS: Terms = (("refunds", "sum(amount_cents)"),)
_VISITS: Terms = (("visits", "count(*)"),)


def _entries(party: str) -> Terms:
    return (("entries", f"sum(cents) filter (where party = '{party}')"),)


def _parts(how: str) -> Terms:
    return (("parts", how),)


PLAIN: dict[str, tuple[Terms, Terms, int]] = {
    "gmv_placed": ((("orders", "sum(total_cents)"),), (), 1),
    "placed_orders": ((("orders", "count(*)"),), (), 1),
    "gmv_paid": (_VALUE, (), 1),
    "store_sales": (_VALUE, (), 1),
    "goods_sales": (_GOODS, (), 1),
    "net_sales": ((*_VALUE, ("refunds", "-sum(amount_cents)")), (), 1),
    "paid_orders": (_ORDERS, (), 1),
    "parts": (_PARTS, (), 1),
    "paid_parts": (_PARTS, (), 1),
    "average_order": (_VALUE, _ORDERS, 1),
    "units_sold": ((("lines", "sum(quantity)"),), (), 1),
    "supply_cost": (_SUPPLY, (), 1),
    "supply_sales": (_SUPPLY, (), 1),
    "supply_net": ((("lines", "sum(supply_cents - supply_returned_cents)"),), (), 1),
    "supply_return_rate": ((("lines", "sum(supply_returned_cents)"),), _SUPPLY, 10_000),
    "take_rate": ((("lines", "sum(commission_cents)"),), _GOODS, 10_000),
    "take": (_entries("COMMISSION"), (), 1),
    "payment_fee": (_entries("PAYMENT_FEE"), (), 1),
    "supply_booked": (_entries("supplier"), (), 1),
    "income": (_entries("supplier"), (), 1),
    "margin": (_entries("distributor"), (), 1),
    "distributor_margin": (_entries("distributor"), (), 1),
    "line_margin": (_MARGIN, (), 1),
    "margin_rate": (
        _MARGIN,
        (("lines", "sum(goods_cents - discount_cents - refunded_cents)"),),
        10_000,
    ),
    "refunds": (_REFUNDS, (), 1),
    "store_refunds": (_REFUNDS, (), 1),
    "return_rate": ((("lines", "sum(refunded_cents)"),), _GOODS, 10_000),
    "on_time": (
        _parts("count(*) filter (where in_time)"),
        _parts("count(*) filter (where known)"),
        10_000,
    ),
    "accept_time": (_parts(_MINUTES.format("accepted_at")), _parts("count(accepted_at)"), 1),
    "ship_time": (_parts(_MINUTES.format("shipped_at")), _parts("count(shipped_at)"), 1),
    "refusal_rate": (
        _parts("count(*) filter (where status = 'REJECTED')"),
        _parts("count(*)"),
        10_000,
    ),
    "visitors": (_VISITS, (), 1),
    "page_views": ((("visits", "sum(page_views)"),), (), 1),
    "searches": ((("visits", "sum(searches)"),), (), 1),
    "visit_conversion": ((("visits", "sum(orders)"),), _VISITS, 10_000),
    "product_views": ((("views", "sum(views)"),), (), 1),
    "cart_adds": ((("views", "sum(cart_adds)"),), (), 1),
    "conversion": (_ORDERS, _VISITS, 10_000),
    "sourced_orders": ((("orders", "count(paid_at)"),), (), 1),
    "sourced_sales": ((("orders", "sum(paid_cents) filter (where paid_at is not null)"),), (), 1),
    "repeat_orders": (
        (("orders", "count(paid_at)"), ("orders", "-count(*) filter (where opens)")),
        (),
        1,
    ),
    "customers": (_BUYERS, (), 1),
    "new_customers": ((("orders", "count(*) filter (where opens)"),), (), 1),
    "repeat_rate": (
        (*_BUYERS, ("orders", "-count(*) filter (where opens)")),
        _BUYERS,
        10_000,
    ),
}
"""Measure → how SQL computes it."""

COLUMN = {
    "category": "category_id",
    "province": "province",
    "supplier": "supplier_id",
    "distributor": "distributor_id",
    "store": "store_id",
    "product": "product_id",
    "source": "source",
    "campaign": "campaign",
}


@dataclass(frozen=True)
class Asked:
    """The days, the currency, and the values that rows must have, for plain SQL."""

    first: object
    last: object
    at: object
    shift: object
    currency: str
    equal: dict[str, str]
    """Dimension → value; the merchant's own one among them."""

    @property
    def params(self) -> dict[str, object]:
        """The values to bind."""
        days = {"first": self.first, "last": self.last, "at": self.at, "shift": self.shift}
        return {**days, "currency": self.currency, **self.equal}


def asked(actor: Actor, view: View) -> Asked:
    """Return what an actor at a view asks for."""
    own = {} if actor.merchant_id is None else {str(actor.scope): str(actor.merchant_id)}
    period = view.period
    return Asked(
        period.first, period.last, period.at, view.shift, view.currency, {**view.filters, **own}
    )


def where(source: Source, asked: Asked, *, before: bool) -> str:
    """Return the condition: local dates, cut at the minute of looking, and the values."""
    moment = f"({source.at} + %(shift)s)" if before else source.at
    parts = [
        f"({moment} at time zone 'Asia/Shanghai')::date between %(first)s and %(last)s",
        f"date_trunc('minute', {moment}) <= date_trunc('minute', %(at)s::timestamptz)",
        *(f"{COLUMN[name]}::text = %({name})s" for name in asked.equal),
    ]
    if source.has_currency:
        parts.append("currency = %(currency)s")
    return " and ".join(parts)


def number(terms: Terms, asked: Asked, *, before: bool) -> str:
    """Return a scalar expression of the sum of some terms."""
    sums = [
        f"(select coalesce({how}, 0) from {SOURCES[name].table}"
        f" where {where(SOURCES[name], asked, before=before)})"
        for name, how in terms
    ]
    return " + ".join(sums) or "0"


def values(owner: Any, keys: list[str], asked: Asked, *, before: bool) -> dict[str, int | None]:
    """Return the measures' values."""
    columns: list[str] = []
    for key in keys:
        top, bottom, _ = PLAIN[key]
        columns += [number(top, asked, before=before), number(bottom, asked, before=before)]
    row = owner.execute("select " + ", ".join(f"({c})::bigint" for c in columns), asked.params)
    found = row.fetchone()
    return {
        key: divided(found[2 * place], found[2 * place + 1], key) for place, key in enumerate(keys)
    }


def divided(top: int, bottom: int, key: str) -> int | None:
    """Return the value of a measure from its two sums, rounded half up."""
    _, below, scale = PLAIN[key]
    if not below:
        return top
    return (2 * top * scale + bottom) // (2 * bottom) if bottom > 0 else None


def by_dimension(
    owner: Any, key: str, dimension: str, asked: Asked
) -> dict[str | None, int | None]:
    """Return a measure of one source by a dimension."""
    top, bottom, _ = PLAIN[key]
    (name,) = {source for source, _ in (*top, *bottom)}
    source = SOURCES[name]

    def total(terms: Terms) -> str:
        return " + ".join(f"coalesce({how}, 0)" for _, how in terms) or "0"

    rows = owner.execute(
        f"select {COLUMN[dimension]}::text, ({total(top)})::bigint, ({total(bottom)})::bigint"
        f" from {source.table} where {where(source, asked, before=False)} group by 1",
        asked.params,
    )
    return {value: divided(over, under, key) for value, over, under in rows.fetchall()}
