"""What an import says at its end: counts, totals, problems, and what history could not say."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.currencies import amount_text
from app.kit.i18n import N_, gettext
from app.services.imports.layout import KINDS, STATUSES
from app.services.imports.mapping import HistoryMapping
from app.services.imports.problems import STOPPING, Problem
from app.services.imports.staging import good, number, run

MOST_PROBLEMS = 1_000
"""So many problems stand in the result; all of them are kept in ``import_problems``."""

NOTES: Mapping[str, str] = {
    "orders_without_lines": N_(
        "Orders without lines in the files: %(rows)s. They are kept without any, with payments of"
        " %(amount)s."
    ),
    "cancelled": N_(
        "Cancelled orders that were paid: %(rows)s, with %(amount)s. Whether it was given back is"
        " not in the files, so it stays open in the ledger."
    ),
    "under_way": N_(
        "Paid orders that did not arrive: %(rows)s, with %(amount)s, which stays open in the"
        " ledger."
    ),
    "paid_more": N_(
        "Orders paid more than their items and freight: %(rows)s, by %(amount)s together, which is"
        " open in the ledger."
    ),
    "paid_less": N_(
        "Orders paid less than their items and freight: %(rows)s, by %(amount)s together, which is"
        " open in the ledger."
    ),
    "no_payment_moment": N_(
        "Orders with payments but no moment of payment: %(rows)s. That of the order is taken."
    ),
    "several_payments": N_("Orders with several payments: %(rows)s. All of them are kept."),
    "several_suppliers": N_("Orders with several suppliers: %(rows)s, with a part for each."),
    "unnamed_categories": N_(
        "Categories that stand only at products: %(rows)s. They have the name that stands there."
    ),
    "uncategorised": N_("Products without category: %(rows)s. They are among the uncategorised."),
    "products_waiting": N_(
        "Products without supplier so far: %(rows)s. They are kept and appear with the first order"
        " or file that names one."
    ),
    "products_of_several": N_(
        "Products that several suppliers sell: %(rows)s. Each supplier has a product of its own."
    ),
    "parcels_without_lines": N_(
        "Parcels of orders without lines: %(rows)s. They are left out: no part could hold them."
    ),
    "unread_columns": N_("Columns not imported: %(columns)s."),
    "freight_by_supplier": N_(
        "Lines with freight: %(rows)s. It is kept by order and supplier, not by line."
    ),
}
"""Word → what is said about rows that are brought as they are, or partly."""


@dataclass(frozen=True)
class Note:
    """One remark of the report; ``cents`` where it is about money."""

    word: str
    rows: int = 0
    cents: int | None = None
    columns: Sequence[str] = ()

    def text(self, locale: str, currency: str = "") -> str:
        """Return the remark in the reader's language."""
        amount = "" if self.cents is None else amount_text(self.cents, currency)
        columns = ", ".join(self.columns)
        return gettext(
            locale, NOTES[self.word], rows=f"{self.rows:,}", amount=amount, columns=columns
        )

    def as_dict(self, locale: str, currency: str) -> dict[str, Any]:
        """Return the remark for a machine."""
        facts: dict[str, Any] = {"note": self.word, "rows": self.rows}
        if self.cents is not None:
            facts["cents"] = self.cents
        if self.columns:
            facts["columns"] = list(self.columns)
        return {**facts, "text": self.text(locale, currency)}


@dataclass(frozen=True)
class Count:
    """What became of the rows of one kind; written + unchanged + refused = read."""

    read: int = 0
    written: int = 0
    unchanged: int = 0
    refused: int = 0


@dataclass(frozen=True)
class Totals:
    """The cents of all accepted orders of the files, new or here before."""

    items_cents: int = 0
    freight_cents: int = 0
    payments_cents: int = 0


@dataclass(frozen=True)
class Report:
    """The whole answer."""

    state: str
    """``done``, ``checked`` (a dry run) or ``stopped`` (nothing was written)."""
    source: str
    currency: str
    counts: Mapping[str, Count]
    totals: Totals = Totals()
    problems: Sequence[Problem] = ()
    problems_total: int = 0
    notes: Sequence[Note] = ()
    resumed: bool = False
    run_id: str = ""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether every row was accepted."""
        return self.problems_total == 0

    def as_dict(self, locale: str) -> dict[str, Any]:
        """Return the report for a machine, its texts in the reader's language."""
        return {
            "ok": self.ok,
            "state": self.state,
            "run": self.run_id,
            "resumed": self.resumed,
            "source": self.source,
            "currency": self.currency,
            "counts": {kind: vars(count) for kind, count in self.counts.items()},
            **vars(self.totals),
            "problems_total": self.problems_total,
            "problems": [problem.as_dict(locale) for problem in self.problems],
            "notes": [note.as_dict(locale, self.currency) for note in self.notes],
            "seconds": self.seconds,
        }


async def read_counts(session: AsyncSession) -> tuple[dict[str, int], dict[str, int]]:
    """Return kind → rows read, and kind → rows refused."""
    read = {kind: await number(session, f"select count(*) from staging.{kind}") for kind in KINDS}
    refused = dict.fromkeys(KINDS, 0)
    statement = "select kind, count(distinct line) as n from staging.problems group by kind"
    for row in await run(session, statement):
        refused[row.kind] = row.n
    return read, refused


def make_counts(
    read: Mapping[str, int], refused: Mapping[str, int], written: Mapping[str, int]
) -> dict[str, Count]:
    """Return the counts of the kinds of which there were rows."""
    return {
        kind: Count(
            rows, written.get(kind, 0), rows - refused[kind] - written.get(kind, 0), refused[kind]
        )
        for kind, rows in read.items()
        if rows
    }


async def problems(
    session: AsyncSession, mapping: HistoryMapping, files: Mapping[str, str], most: int | None
) -> list[Problem]:
    """Return the first problem of each refused row, in the order of kinds and rows."""
    return [problem async for problem in _problems(session, mapping, files, most)]


async def _problems(
    session: AsyncSession, mapping: HistoryMapping, files: Mapping[str, str], most: int | None
) -> AsyncIterator[Problem]:
    statement = text(
        "select * from (select distinct on (kind, line) * from staging.problems"
        " order by kind, line, n) p order by array_position(cast(:kinds as text[]), kind), line"
        " limit :most"
    )
    found = await session.execute(statement, {"kinds": list(KINDS), "most": most})
    for row in found:
        field = row.field if row.problem in STOPPING else shown(mapping, row.kind, row.field)
        yield Problem(
            row.kind, files[row.kind], row.line, field, row.problem, row.value, row.params
        )


def shown_columns(mapping: HistoryMapping) -> list[tuple[str, str, str]]:
    """Return kind, our column and the file's own name for it, of every column."""
    return [
        (kind.name, column.name, shown(mapping, kind.name, column.name))
        for kind in KINDS.values()
        for column in kind.columns
    ]


def shown(mapping: HistoryMapping, kind: str, field: str) -> str:
    """Return the name that a column has in the file, where one column of it fills ours."""
    if not field:
        return ""
    source = mapping.column_of(KINDS[kind], field)
    return source if isinstance(source, str) else field


_STAGED_TOTALS = f"""\
select (select coalesce(sum(price * coalesce(quantity, 1)), 0) from staging.lines s
    where {good("lines")}) as items,
  (select coalesce(sum(freight), 0) from staging.lines s where {good("lines")}) as freight,
  (select coalesce(sum(amount), 0) from staging.payments s where {good("payments")}) as paid"""

_SEEN = f"""\
create unlogged table staging.seen as
select o.id, o.status, o.goods_cents, o.freight_cents, o.paid_cents, x.external_id,
  exists (select 1 from order_lines l where l.order_id = o.id) as has_lines
from (select external_id, id from staging.due
  union all select k.id, k.order_id from staging.known k where exists (select 1
      from staging.orders s where s.id = k.id and {good("orders")})
    or exists (select 1 from staging.lines s where s.order_id = k.id and {good("lines")})) x
join orders o on o.id = x.id"""

_WORDS = ", ".join(f"('{word}', '{order}')" for word, (order, _) in STATUSES.items())

# What the accepted orders will be, of the files alone where they are not here yet.
_SEEN_STAGED = f"""\
create unlogged table staging.seen as
select s.id as external_id, w.status, coalesce(o.goods_cents, l.goods, 0) as goods_cents,
  coalesce(o.freight_cents, l.freight, 0) as freight_cents,
  coalesce(o.paid_cents, p.paid, 0) as paid_cents,
  case when o.id is null then l.order_id is not null
    else exists (select 1 from order_lines x where x.order_id = o.id) end as has_lines
from staging.orders s join (values {_WORDS}) as w(word, status) on w.word = s.status
left join staging.known k on k.id = s.id left join orders o on o.id = k.order_id
left join (select order_id, sum(price * coalesce(quantity, 1)) as goods, sum(freight) as freight
  from staging.lines group by 1) l on l.order_id = s.id
left join (select order_id, sum(amount) as paid from staging.payments group by 1) p
  on p.order_id = s.id
where {good("orders")}"""

_TOTALS = """\
select coalesce(sum(goods_cents), 0) as items, coalesce(sum(freight_cents), 0) as freight,
  coalesce(sum(paid_cents), 0) as paid from staging.seen"""


async def see(session: AsyncSession, *, dry: bool) -> None:
    """Note the accepted orders as they stand in the database, or as they will stand there."""
    await run(session, _SEEN_STAGED if dry else _SEEN)
    await run(session, "analyze staging.seen")


async def totals(session: AsyncSession, *, dry: bool) -> Totals:
    """Return the cents of the accepted orders that were seen, or that are staged."""
    row = (await run(session, _STAGED_TOTALS if dry else _TOTALS)).one()
    return Totals(int(row.items), int(row.freight), int(row.paid))


_SETTLED = "status in ('RECEIVED', 'COMPLETED')"
_OWED = "goods_cents + freight_cents"
_LINELESS = "not has_lines"

_MONEY_NOTES: Mapping[str, tuple[str, str]] = {
    "orders_without_lines": ("paid_cents", _LINELESS),
    "cancelled": ("paid_cents", "status = 'CLOSED' and paid_cents > 0"),
    "under_way": (
        "paid_cents",
        f"status <> 'CLOSED' and not {_SETTLED} and paid_cents > 0",
    ),
    "paid_more": (f"paid_cents - ({_OWED})", f"{_SETTLED} and paid_cents > {_OWED}"),
    "paid_less": (f"{_OWED} - paid_cents", f"{_SETTLED} and paid_cents < {_OWED}"),
}
"""Word → which cents of which seen orders it is about."""

_ROW_NOTES: Mapping[str, str] = {
    "no_payment_moment": "select count(*) from staging.orders s join staging.seen o"
    " on o.external_id = s.id where s.paid_at is null and o.paid_cents > 0",
    "several_payments": "select count(*) from (select p.order_id from payments p"
    " join staging.seen o on o.id = p.order_id group by 1 having count(*) > 1) x",
    "several_suppliers": "select count(*) from (select p.order_id from supplier_orders p"
    " join staging.seen o on o.id = p.order_id group by 1 having count(*) > 1) x",
    "unnamed_categories": "select count(distinct p.category_id) from staging.products p"
    " where exists (select 1 from staging.categories)"
    " and not exists (select 1 from staging.categories c where c.id = p.category_id)"
    " and p.category_id is not null",
    "uncategorised": "select count(*) from staging.products where category_id is null",
    "products_waiting": "select count(*) from staging.products s join external_ids e"
    " on e.source = :source and e.kind = 'products' and e.external_id = s.id"
    " where e.row_id is null",
    "products_of_several": "select count(*) from (select product from staging.goods group by 1"
    " having count(*) > 1) x",
    "freight_by_supplier": "select count(*) from staging.lines where freight > 0",
}


_STAGED_NOTES: Mapping[str, str] = {
    "several_payments": "select count(*) from (select s.order_id from staging.payments s"
    f" where {good('payments')} group by 1 having count(*) > 1) x",
    "several_suppliers": "select count(*) from (select s.order_id from staging.lines s"
    f" where {good('lines')} group by 1 having count(distinct s.supplier_id) > 1) x",
    "products_of_several": "select count(*) from (select s.product_id from staging.lines s"
    f" where {good('lines')} group by 1 having count(distinct s.supplier_id) > 1) x",
    "products_waiting": "select count(*) from staging.products s where s.supplier_id is null"
    " and not exists (select 1 from staging.lines l where l.product_id = s.id"
    f"  and {good('lines', 'l')})"
    " and not exists (select 1 from external_ids e where e.source = :source"
    "  and e.kind = 'products' and e.external_id = s.id and e.row_id is not null)"
    f" and {good('products')}",
}
"""What a trial asks of the files instead of the database."""


def questions(*, dry: bool) -> Iterator[tuple[str, str]]:
    """Yield word and statement of each remark that there may be about the seen orders."""
    for word, (cents, where) in _MONEY_NOTES.items():
        yield (
            word,
            f"select count(*), coalesce(sum({cents}), 0) from staging.seen where {where}",
        )
    yield from {**_ROW_NOTES, **(_STAGED_NOTES if dry else {})}.items()


async def answer(session: AsyncSession, word: str, statement: str, source: str) -> Note:
    """Return the remark that a question leads to; without rows it says nothing."""
    rows, *cents = (await run(session, statement, source=source)).one()
    return Note(word, rows, int(cents[0]) if cents else None)
