"""Where an order's money goes: rule and version of each line, shares of each part, postings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.currencies import percent_text
from app.kit.i18n import moment_text, money_text, yuan


@dataclass(frozen=True)
class LineMoney:
    """How one line was divided at placement, and by which version of which rule.

    The terms of the rule are empty for those who may not read rules.
    """

    rule: str = ""
    rule_id: str = ""
    version: int = 0
    rate: str = ""
    base: str = ""
    after_discount: bool = True
    fixed: str = ""
    least: str = ""
    most: str = ""
    fee_bearer: str = ""
    fee_rate: str = ""
    keeps_commission: bool = False
    paid: str = ""
    supply: str = ""
    commission: str = ""
    fee: str = ""
    margin: str = ""
    loses: bool = False
    """The distributor earns less than nothing with this line."""


@dataclass(frozen=True)
class Share:
    """One party's share of a part; ``percent`` is its width in the bar."""

    kind: str
    party: str
    amount: str
    reversed: str
    left: str
    state: str
    percent: str


@dataclass(frozen=True)
class Entry:
    """One posting, from an account to an account."""

    transaction: str
    at: str
    kind: str
    amount: str
    from_party: str
    from_account: str
    to_party: str
    to_account: str


@dataclass(frozen=True)
class PartMoney:
    """The shares of a part and the postings that carry them."""

    total: str = ""
    shares: list[Share] = field(default_factory=list[Share])
    postings: list[Entry] = field(default_factory=list[Entry])
    freight_left_cents: int = 0


@dataclass(frozen=True)
class Trail:
    """The money of a whole order."""

    lines: Mapping[UUID, LineMoney]
    parts: Mapping[UUID, PartMoney]

    def of_line(self, line_id: UUID) -> LineMoney:
        """Return a line's division."""
        return self.lines.get(line_id, LineMoney())

    def of_part(self, part_id: UUID) -> PartMoney:
        """Return a part's shares and postings; empty before it is paid."""
        return self.parts.get(part_id, PartMoney())


_TERMS = text(
    "select t.*, o.currency, l.goods_cents - l.discount_cents as paid_cents, v.rule_id, v.base,"
    " v.after_discount, v.fixed_cents, v.min_cents, v.max_cents, v.fee_bearer, v.payment_fee_bps"
    " from order_line_terms t join order_lines l on l.id = t.line_id"
    " join orders o on o.id = t.order_id"
    " left join split_rule_versions v on v.id = t.split_rule_version_id where t.order_id = :order"
)

_SHARES = text(
    "select s.*, m.name as party from splits s left join merchants m on m.id = s.merchant_id"
    " where s.order_id = :order order by s.supplier_order_id,"
    " array_position(array['SUPPLY','FREIGHT','COMMISSION','PAYMENT_FEE','MARGIN','FREE_FREIGHT'],"
    " s.kind::text)"
)

ENTRY_COLUMNS = (
    "p.transaction_id, p.amount_cents, p.currency, t.kind, t.occurred_at,"
    " fm.name as from_party, f.kind as from_account, tm.name as to_party, a.kind as to_account"
)
ENTRY_JOINS = (
    "join ledger_accounts f on f.id = p.from_account_id"
    " join ledger_accounts a on a.id = p.to_account_id"
    " left join merchants fm on fm.id = f.merchant_id"
    " left join merchants tm on tm.id = a.merchant_id"
)

_ENTRIES = text(
    # A refund's payment to the buyer carries no part itself, but its refund does.
    f"select {ENTRY_COLUMNS}, coalesce(p.supplier_order_id, r.supplier_order_id) as part_id"
    " from ledger_transactions t join postings p on p.transaction_id = t.id"
    f" {ENTRY_JOINS} left join refunds r on t.source_type = 'refund' and r.id = t.source_id"
    " where t.order_id = :order order by t.occurred_at, t.id, p.id"
)


async def money_of(session: AsyncSession, order_id: UUID) -> Trail:
    """Read an order's money as the session's actor."""
    key = {"order": order_id}
    terms = (await session.execute(_TERMS, key)).mappings()
    lines = {row["line_id"]: _line(dict(row)) for row in terms}
    shares: dict[UUID, list[Mapping[str, Any]]] = {}
    for row in (await session.execute(_SHARES, key)).mappings():
        shares.setdefault(row["supplier_order_id"], []).append(dict(row))
    entries: dict[UUID, list[Entry]] = {}
    for row in (await session.execute(_ENTRIES, key)).mappings():
        entries.setdefault(row["part_id"], []).append(entry_of(dict(row)))
    parts = {part: _part(own, entries.get(part, [])) for part, own in shares.items()}
    return Trail(lines, parts)


def _line(row: Mapping[str, Any]) -> LineMoney:
    known, currency = row["rule_id"] is not None, row["currency"]
    return LineMoney(
        rule=row["rule_name"],
        rule_id=str(row["rule_id"] or ""),
        version=row["rule_version"],
        rate=f"{percent_text(row['commission_bps'])}%",
        base=row["base"] or "",
        after_discount=row["after_discount"] is not False,
        fixed=yuan(row["fixed_cents"] or None),
        least=yuan(row["min_cents"] or None),
        most=yuan(row["max_cents"]),
        fee_bearer=row["fee_bearer"] or "",
        fee_rate=f"{percent_text(row['payment_fee_bps'])}%" if known else "",
        keeps_commission=row["keeps_commission_on_refund"],
        paid=money_text(row["paid_cents"], currency),
        supply=money_text(row["supply_cents"], currency),
        commission=money_text(row["commission_cents"], currency),
        fee=money_text(row["payment_fee_cents"], currency),
        margin=money_text(row["margin_cents"], currency),
        loses=row["margin_cents"] < 0,
    )


def _part(shares: list[Mapping[str, Any]], entries: list[Entry]) -> PartMoney:
    total = sum(share["amount_cents"] for share in shares)
    # Where somebody pays in, the others' shares exceed the total; the bar shows their proportions.
    given = sum(max(share["amount_cents"], 0) for share in shares)
    left = {s["kind"]: s["amount_cents"] - s["reversed_cents"] for s in shares}
    return PartMoney(
        # A part's shares are all of its order's currency.
        total=money_text(total, shares[0]["currency"]),
        shares=[_share(share, given) for share in shares],
        postings=entries,
        freight_left_cents=left.get("FREIGHT", 0) + left.get("FREE_FREIGHT", 0),
    )


def _share(row: Mapping[str, Any], whole: int) -> Share:
    currency = row["currency"]
    return Share(
        kind=row["kind"],
        party=row["party"] or "",
        amount=money_text(row["amount_cents"], currency),
        reversed=money_text(-row["reversed_cents"] or None, currency),
        left=money_text(row["amount_cents"] - row["reversed_cents"], currency),
        state=row["state"],
        percent=f"{max(row['amount_cents'], 0) / whole:.2%}" if whole else "0%",
    )


def entry_of(row: Mapping[str, Any]) -> Entry:
    """Make an entry of a row of ``ENTRY_COLUMNS``."""
    return Entry(
        transaction=str(row["transaction_id"]),
        at=moment_text(row["occurred_at"]),
        kind=row["kind"],
        amount=money_text(row["amount_cents"], row["currency"]),
        from_party=row["from_party"] or "",
        from_account=row["from_account"],
        to_party=row["to_party"] or "",
        to_account=row["to_account"],
    )
