"""The parts of a merchant's page."""

from typing import Any

import reflex as rx

from app import routes
from app.kit.i18n import N_, plural
from app.words import ACCOUNT_KIND, MERCHANT_STATUS, PARTY_ROLE, STORE_STATUS
from components.actions import action_button
from components.house.audit import history_link
from components.platform.changes import changes_list
from components.record import here
from components.ui import base
from components.ui.links import outside_link
from components.ui.tables import Cell, small_table
from components.ui.text import t, word
from state.platform.merchants import MEMBER_ROLES, MerchantState
from state.shell import ShellState

_PARTS = plural(
    "%(count)s part",
    "%(count)s parts",
)
_ORDERS = plural(
    "%(count)s order",
    "%(count)s orders",
)

merchant = MerchantState.merchant


def head() -> rx.Component:
    """Return the company, where it stands, and the verdicts that fit."""
    status = merchant.status

    def verdict(name: str, fits: Any, kind: str = "plain") -> rx.Component:
        return action_button(MerchantState, name, merchant.id, kind=kind, fits=fits)

    return base.page_head(
        rx.el.span(merchant.name, " ", base.badge(status, MERCHANT_STATUS), class_name="titled"),
        history_link("platform", merchant.id),
        verdict("reject", status == "PENDING"),
        verdict("suspend", status == "ACTIVE"),
        verdict("reinstate", status == "SUSPENDED", "primary"),
        verdict("approve", (status == "PENDING") | (status == "REJECTED"), "primary"),
        hint=_roles(),
        back=here("merchants"),
    )


def _roles() -> Any:
    role = rx.cond(
        merchant.is_supplier & merchant.is_distributor,
        t("Supplier and distributor"),
        rx.cond(merchant.is_supplier, t("Supplier"), t("Distributor")),
    )
    return rx.el.span(
        role,
        rx.cond(merchant.is_self_operated, rx.el.span(" · ", t("Owned by the platform"))),
        " · ",
        merchant.code,
    )


def notes() -> rx.Component:
    """Return what the applicant wrote and what the platform answered."""
    return rx.fragment(
        rx.cond(
            merchant.application_note != "",
            base.note(
                t("The applicant writes: %(note)s", note=merchant.application_note),
                "info",
            ),
        ),
        rx.cond(
            merchant.review_note != "",
            base.note(t("The platform's reason: %(note)s", note=merchant.review_note), "warn"),
        ),
    )


def figures() -> rx.Component:
    """Return the trade of the last thirty days, each figure leading to its rows."""
    orders = ShellState.may.contains("platform:orders:read")
    return rx.el.div(
        rx.cond(
            merchant.is_supplier,
            rx.fragment(
                _figure(t("In the pool"), merchant.in_pool,
                        here("products?status=APPROVED&supplier=", merchant.id)),
                _figure(t("To review"), merchant.to_review,
                        here("products?supplier=", merchant.id)),
                rx.cond(orders, _figure(t("Supplied in 30 days"),
                                        base.amounts(merchant.supplied), "",
                                        t(_PARTS, count=merchant.supplied_parts))),
            ),
        ),
        rx.cond(
            merchant.is_distributor,
            rx.fragment(
                _figure(t("Listings on sale"), merchant.listed, ""),
                rx.cond(orders, _figure(t("Sold in 30 days"), base.amounts(merchant.sold),
                                        here("orders?distributor=", merchant.id),
                                        t(_ORDERS, count=merchant.sold_orders))),
            ),
        ),
        class_name="kpis",
    )  # fmt: skip


def _figure(label: Any, value: Any, href: Any, foot: Any = "") -> rx.Component:
    inside = (
        rx.el.span(label, class_name="kpi-label"),
        rx.el.span(value, class_name="kpi-value"),
        rx.el.span(foot, class_name="kpi-foot"),
    )
    if isinstance(href, str):
        return rx.el.div(*inside, class_name="kpi")
    return rx.link(*inside, href=href, class_name="kpi")


def balances() -> rx.Component:
    """Return what the merchant is owed, for those who read the ledger."""

    def amount(row: Any) -> rx.Component:
        return rx.el.b(row["balance"], class_name=rx.cond(row["below"] != "", "down", ""))

    def account(row: Any) -> rx.Component:
        return rx.link(
            word(row["kind"], ACCOUNT_KIND),
            href=here("ledger/transactions?account=", row["id"]),
            class_name="cell-link",
        )

    table = small_table(
        [
            Cell(t("Ledger account"), account, "c-title"),
            Cell(t("Acting as"), lambda row: word(row["role"], PARTY_ROLE)),
            Cell(t("Balance"), amount, "right num"),
        ],
        merchant.balances,
    )
    return rx.cond(
        ShellState.may.contains("platform:ledger:read"),
        base.card(
            rx.cond(
                merchant.balances.length() > 0,
                table,
                rx.el.p(t("Nothing was posted yet."), class_name="soft pad"),
            ),
            title=t("Balances"),
            class_name="flush",
        ),
    )


def stores() -> rx.Component:
    """Return the merchant's stores."""
    table = small_table(
        [
            Cell(
                t("Store"),
                lambda row: outside_link(
                    row["name"],
                    href=routes.store("") + row["slug"].to(str),
                    new_tab=True,
                    class_name="cell-link",
                ),
                "c-title",
            ),
            Cell(t("Status"), lambda row: base.badge(row["status"], STORE_STATUS)),
            Cell(t("Listings on sale"), lambda row: row["listed"], "right num"),
            Cell(
                t("Orders"),
                lambda row: rx.link(
                    t("Show"), href=here("orders?store=", row["id"]), class_name="cell-link"
                ),
                "right",
            ),
        ],
        merchant.stores,
    )
    return rx.cond(
        merchant.is_distributor,
        base.card(
            rx.cond(
                merchant.stores.length() > 0,
                table,
                rx.el.p(t("No store yet."), class_name="soft pad"),
            ),
            title=t("Stores"),
            class_name="flush",
        ),
    )


def details() -> rx.Component:
    """Return who they are."""

    def text_or_dash(value: Any) -> Any:
        return rx.cond(value != "", value, "–")

    return base.card(
        base.facts(
            (t("Contact"), text_or_dash(merchant.contact)),
            (t("Phone"), text_or_dash(merchant.phone)),
            (t("E-mail"), text_or_dash(merchant.email)),
            (t("Licence number"), text_or_dash(merchant.license)),
            (t("Address"), text_or_dash(merchant.address)),
            (t("Settles after (days)"), merchant.settle_days),
            (t("Applied"), merchant.applied_at),
            (t("Approved at"), text_or_dash(merchant.approved_at)),
        ),
        title=t("Details"),
    )


def members() -> rx.Component:
    """Return who works for the company; names are for those who may read staff."""
    return base.card(
        rx.cond(
            merchant.members.length() > 0,
            rx.foreach(
                merchant.members,
                lambda member: rx.el.div(
                    rx.el.div(
                        rx.el.b(rx.cond(member["name"] != "", member["name"], t("Member"))),
                        rx.el.p(member["email"], class_name="faint"),
                    ),
                    rx.el.div(
                        rx.el.span(word(member["role"], MEMBER_ROLES), class_name="badge"),
                        rx.el.span(member["since"], class_name="faint num"),
                        class_name="end",
                    ),
                    class_name="row-between entry",
                ),
            ),
            rx.el.p(t("Nobody yet."), class_name="soft"),
        ),
        title=t("Members"),
    )


def history() -> rx.Component:
    """Return what was changed, old → new."""
    return changes_list(
        merchant.changes, title=t("Audit trail"), nothing=N_("Nothing was changed yet."), named=True
    )
