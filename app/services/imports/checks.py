"""What rows of different files must have to do with each other, checked as sets.

Each statement adds to ``staging.problems``. An order comes whole or not at all: a refused line,
payment or parcel refuses its order, and with it all that belongs to it.
"""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.services.imports.digests import LINE_DIGEST, ORDER_DIGEST, PAYMENT_DIGEST
from app.services.imports.layout import KINDS, OF_ORDERS, Kind
from app.services.imports.staging import good, number, run

Statement = tuple[str, Mapping[str, str]]

_ADD = "insert into staging.problems (kind, line, field, problem, value) "

REFERENCES: Sequence[tuple[str, str, str]] = (
    # kind, column, the kind that it names
    ("products", "supplier_id", "suppliers"),
    ("customers", "distributor_id", "distributors"),
    ("orders", "distributor_id", "distributors"),
    ("lines", "product_id", "products"),
    ("lines", "supplier_id", "suppliers"),
    ("shipments", "supplier_id", "suppliers"),
    ("reviews", "product_id", "products"),
)

_UNKNOWN = """\
select '{kind}', s.row, '{column}', 'unknown_' || '{one}', left(s.{column}, 100)
from staging.{kind} s
where s.{column} is not null and {good}
  and not exists (select 1 from staging.{target} t where t.id = s.{column}
    and not exists (select 1 from staging.problems b where b.kind = '{target}' and b.line = t.row))
  and not exists (select 1 from external_ids e where e.source = :source and e.kind = '{target}'
    and e.external_id = s.{column})
  and ('{target}' <> 'distributors' or s.{column} <> :shop)"""

_UNKNOWN_ORDER = """\
select '{kind}', s.row, 'order_id', 'unknown_order', left(s.order_id, 100)
from staging.{kind} s where s.order_id is not null and {good}
  and not exists (select 1 from staging.orders o where o.id = s.order_id)
  and not exists (select 1 from staging.known k where k.id = s.order_id)"""

_UNKNOWN_CUSTOMER = """\
select 'orders', s.row, 'customer_id', 'unknown_customer', left(s.customer_id, 100)
from staging.orders s where s.customer_id is not null and {good}
  and not exists (select 1 from staging.customers c where c.id = s.customer_id
    and not exists (select 1 from staging.problems b where b.kind = 'customers' and b.line = c.row))
  and not exists (select 1 from consumer_addresses a
    where a.external_id = :source || ':' || s.customer_id)"""

_OTHER_STORE = (
    """\
select 'orders', s.row, 'customer_id', 'other_store', left(s.customer_id, 100)
from staging.orders s join staging.customers c on c.id = s.customer_id
where coalesce(c.distributor_id, :shop) <> coalesce(s.distributor_id, :shop) and {good}""",
    """\
select 'orders', s.row, 'customer_id', 'other_store', left(s.customer_id, 100)
from staging.orders s join consumer_addresses a on a.external_id = :source || ':' || s.customer_id
join consumers c on c.id = a.consumer_id
left join external_ids e on e.source = :source and e.kind = 'distributors'
  and e.external_id = coalesce(s.distributor_id, :shop)
where c.distributor_id is distinct from e.row_id and {good}
  and not exists (select 1 from staging.customers n where n.id = s.customer_id)""",
)

_SHARES = """\
select 'lines', s.row, 'price', 'shares_exceed', s.price::text from staging.lines s
where coalesce(s.supply_price, 0) * coalesce(s.quantity, 1) + coalesce(s.commission, 0)
  > s.price * coalesce(s.quantity, 1) and {good}"""

_SLUGS = (
    """\
select 'distributors', s.row, 'store', 'not_slug', s.store from staging.distributors s
where s.store !~ '^[a-z0-9][a-z0-9-]{{1,38}}[a-z0-9]$' and {good}""",
    """\
select 'distributors', s.row, 'store', 'store_taken', s.store from staging.distributors s
join stores t on t.slug = s.store where {good} and not exists (select 1 from external_ids e
  where e.source = :source and e.kind = 'distributors' and e.external_id = s.id)""",
    """\
select 'distributors', s.row, 'store', 'store_taken', s.store from staging.distributors s
join (select store, min(row) as first from staging.distributors where store is not null
  group by store having count(*) > 1) d on d.store = s.store where s.row > d.first and {good}""",
)

_NO_PART = """\
select 'shipments', s.row, 'supplier_id', 'not_in_order', coalesce(s.supplier_id, '')
from staging.shipments s where {good} and exists (select 1 from staging.orders o
    where o.id = s.order_id)
  and not exists (select 1 from staging.lines l where l.order_id = s.order_id
    and (s.supplier_id is null or l.supplier_id = s.supplier_id))
  and not exists (select 1 from staging.known k where k.id = s.order_id)"""

_DROP_NO_PART = """\
with gone as (delete from staging.shipments s where not exists
    (select 1 from staging.lines l where l.order_id = s.order_id)
  and not exists (select 1 from staging.known k join supplier_orders p on p.order_id = k.order_id
    where k.id = s.order_id) returning 1)
select count(*) from gone"""

_KNOWN = (
    """\
create unlogged table staging.known
  (id text, order_id uuid, store_id uuid, distributor_id uuid, request_hash text)""",
    """\
insert into staging.known
with shops as materialized (select s.id from stores s
    join external_ids e on e.row_id = s.distributor_id
    where e.source = :source and e.kind = 'distributors'),
ids as (select id from staging.orders where exists (select 1 from shops)
  union select order_id from staging.lines where exists (select 1 from shops)
  union select order_id from staging.payments where exists (select 1 from shops)
  union select order_id from staging.shipments where exists (select 1 from shops)
  union select order_id from staging.reviews where exists (select 1 from shops))
select i.id, o.id, o.store_id, o.distributor_id, o.request_hash
from ids i cross join shops join orders o
  on o.store_id = shops.id and o.idempotency_key = :source || ':' || i.id
where o.imported_at is not null""",
    "analyze staging.known",
)

_SUMS = (
    f"""\
create unlogged table staging.line_sums as
select order_id, to_hex(bit_xor({LINE_DIGEST})) as digest from staging.lines s
where order_id in (select id from staging.known) group by order_id""",
    f"""\
create unlogged table staging.payment_sums as
select order_id, to_hex(bit_xor({PAYMENT_DIGEST})) as digest from staging.payments s
where order_id in (select id from staging.known) group by order_id""",
    f"""\
create unlogged table staging.order_digests as
select row, id, {ORDER_DIGEST} as digest from staging.orders s
where id in (select id from staging.known)""",
    "analyze staging.line_sums",
    "analyze staging.payment_sums",
    "analyze staging.order_digests",
)

_CHANGED = (
    """\
select 'orders', d.row, 'id', 'changed', left(d.id, 100) from staging.order_digests d
join staging.known k on k.id = d.id where split_part(k.request_hash, '-', 1) <> d.digest
  and not exists (select 1 from staging.problems b where b.kind = 'orders' and b.line = d.row)""",
    *(
        f"""\
select '{kind}', s.row, 'order_id', case split_part(k.request_hash, '-', {place})
  when '0' then 'came_alone' else 'changed' end, left(s.order_id, 100)
from staging.{kind} s join staging.{sums} d on d.order_id = s.order_id
join staging.known k on k.id = s.order_id
where split_part(k.request_hash, '-', {place}) <> d.digest and {good(kind)}"""
        for kind, sums, place in (("lines", "line_sums", 2), ("payments", "payment_sums", 3))
    ),
    f"""\
select 'shipments', s.row, 'order_id', 'came_alone', left(s.order_id, 100)
from staging.shipments s join staging.known k on k.id = s.order_id
where {good("shipments")} and not exists (select 1 from shipments h where h.order_id = k.order_id
  and h.carrier_code = coalesce(s.carrier, 'unknown')
  and h.tracking_no = coalesce(s.tracking_no, ''))""",
    f"""\
select 'reviews', s.row, 'id', 'changed', left(s.id, 100)
from staging.reviews s join staging.known k on k.id = s.order_id
join reviews r on r.order_id = k.order_id and r.external_id = s.id
where {good("reviews")} and (r.score, r.title, r.body, r.created_at, r.answered_at)
  is distinct from (s.score::smallint, coalesce(s.title, ''), coalesce(s.body, ''), s.created_at,
    s.answered_at)""",
)

_ORDER_OF_REFUSED = """\
select distinct 'orders', o.row, 'id', 'order_refused', left(o.id, 100)
from staging.problems p join staging.{kind} s on s.row = p.line
join staging.orders o on o.id = s.order_id
where p.kind = '{kind}' and {good}"""

_OF_REFUSED_ORDER = """\
select distinct '{kind}', s.row, 'order_id', 'order_refused', left(s.order_id, 100)
from staging.problems p join staging.orders o on o.row = p.line
join staging.{kind} s on s.order_id = o.id
where p.kind = 'orders' and p.problem <> 'duplicate' and {good}"""


def _duplicates(kind: Kind) -> str:
    parts = [part if kind.column(part).required else f"coalesce({part}, '')" for part in kind.key]
    key = ", ".join(f"{part} as k{place}" for place, part in enumerate(parts))
    names = ", ".join(f"k{place}" for place in range(len(parts)))
    same = " and ".join(f"{part} = d.k{place}" for place, part in enumerate(_of("s", parts)))
    return (
        f"select '{kind.name}', s.row, '{kind.key[-1]}', 'duplicate', left(s.{kind.key[0]}, 100)"
        f" from staging.{kind.name} s join (select {names}, min(row) as first"
        f"  from (select row, {key} from staging.{kind.name}) x"
        f"  where k0 is not null group by {names} having count(*) > 1) d"
        f" on {same} where s.row > d.first and {good(kind.name)}"
    )


def _of(alias: str, parts: Sequence[str]) -> list[str]:
    return [
        part.replace("coalesce(", f"coalesce({alias}.") if "(" in part else f"{alias}.{part}"
        for part in parts
    ]


def independent(source: str, shop: str) -> Iterator[Statement]:
    """Yield the checks that may run side by side, each with its parameters."""
    params = {"source": source, "shop": shop}
    for kind in reversed(list(KINDS.values())):
        yield _ADD + _duplicates(kind), params
    yield _ADD + _UNKNOWN_CUSTOMER.format(good=good("orders")), params
    for statement in _OTHER_STORE:
        yield _ADD + statement.format(good=good("orders")), params
    for kind, column, target in REFERENCES:
        yield (
            _ADD
            + _UNKNOWN.format(
                kind=kind, column=column, target=target, one=target.rstrip("s"), good=good(kind)
            ),
            params,
        )
    for kind in (*OF_ORDERS, "reviews"):
        yield _ADD + _UNKNOWN_ORDER.format(kind=kind, good=good(kind)), params
    yield _ADD + _SHARES.format(good=good("lines")), params
    for statement in _SLUGS:
        yield _ADD + statement.format(good=good("distributors")), params


async def recognise(session: AsyncSession, source: str) -> None:
    """Find the orders that are here already."""
    for statement in _KNOWN:
        await run(session, statement, source=source)


async def compare(session: AsyncSession, shop: str, currency: str) -> None:
    """Find the rows that differ from what is here already."""
    if not await number(session, "select count(*) from staging.known"):
        return
    for statement in _SUMS:
        await run(session, statement, shop=shop, currency=currency)
    for statement in _CHANGED:
        await run(session, _ADD + statement)


async def parcels(session: AsyncSession, *, is_shared: bool) -> int:
    """Refuse parcels of no part; return how many a shared file had of orders without lines.

    These are left out with a note: the order itself is told truthfully without them.
    """
    left_out = await number(session, _DROP_NO_PART) if is_shared else 0
    await run(session, _ADD + _NO_PART.format(good=good("shipments")))
    return left_out


async def keep_orders_whole(session: AsyncSession) -> None:
    """Let one refused row refuse its order, and a refused order all its rows."""
    if not await number(session, "select count(*) from staging.problems"):
        return
    for kind in OF_ORDERS:
        await run(session, _ADD + _ORDER_OF_REFUSED.format(kind=kind, good=good("orders", "o")))
    for kind in (*OF_ORDERS, "reviews"):
        await run(session, _ADD + _OF_REFUSED_ORDER.format(kind=kind, good=good(kind)))


_NEW_ORDERS = """\
select count(*) from (select 1 from staging.orders o where not exists
  (select 1 from staging.known k where k.id = o.id) limit 1) x"""


async def has_new_orders(session: AsyncSession) -> bool:
    """Say whether any staged order is not here yet."""
    return await number(session, _NEW_ORDERS) > 0
