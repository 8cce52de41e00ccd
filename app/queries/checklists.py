"""The first steps in a new workspace, declared; what is done is read from the data itself."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text

from app.access import Actor
from app.kit.db import database
from app.kit.i18n import N_


@dataclass(frozen=True)
class Step:
    """One step. ``done`` is a condition in SQL, read as the actor.

    ``page`` is where it is taken, below the workspace; ``permission`` is what that needs.
    """

    key: str
    title: str
    hint: str
    action: str
    page: str
    permission: str
    done: str


@dataclass(frozen=True)
class Checklist:
    """The steps of a scope, in their order."""

    title: str
    steps: tuple[Step, ...]


_MINE = "supplier_id = (select app_supplier())"

CHECKLISTS: Mapping[str, Checklist] = {
    "supplier": Checklist(
        N_("Your first product in the pool"),
        (
            Step(
                "freight",
                N_("Set your shipping charges"),
                N_("What buyers pay for shipping, and where you do not deliver."),
                N_("Set charges"),
                "freight",
                "supplier:freight:write",
                f"exists (select 1 from freight_templates where {_MINE})",
            ),
            Step(
                "product",
                N_("Create a product"),
                N_("With pictures, specs, and a supply price for each SKU."),
                N_("New product"),
                "products/new",
                "supplier:products:write",
                f"exists (select 1 from products where {_MINE})",
            ),
            Step(
                "stock",
                N_("Enter your stock"),
                N_("Stores sell only what is in stock."),
                N_("Enter stock"),
                "stock",
                "supplier:stock:write",
                f"exists (select 1 from stock where {_MINE} and on_hand > 0)",
            ),
            Step(
                "push",
                N_("Push it to the pool"),
                N_("Choose it in the list and push it; it needs a picture and a SKU on sale."),
                N_("Go to your products"),
                "products",
                "supplier:products:write",
                f"exists (select 1 from pool_entries where {_MINE})",
            ),
            Step(
                "approved",
                N_("The platform approves it"),
                N_("You are told as soon as it is in the pool, where distributors can list it."),
                N_("See its status"),
                "products",
                "supplier:products:read",
                f"exists (select 1 from pool_entries where {_MINE} and status = 'APPROVED')",
            ),
        ),
    ),
    "distributor": Checklist(
        N_("Open your store in minutes"),
        (
            Step(
                "store",
                N_("Open your store"),
                N_("A name and a link are enough; you can customise it later."),
                N_("Open a store"),
                "stores?do=create",
                "distributor:store:write",
                "exists (select 1 from stores where distributor_id = (select app_distributor()))",
            ),
            Step(
                "listing",
                N_("List products from the pool"),
                N_("Choose many at once; your markup makes the prices. Suppliers hold the stock."),
                N_("Choose products"),
                "sourcing",
                "distributor:listings:write",
                "exists (select 1 from listings where distributor_id = (select app_distributor()))",
            ),
            Step(
                "order",
                N_("Share the link and make the first sale"),
                N_("Suppliers ship, your margin comes to your balance."),
                N_("Link and QR code"),
                "stores",
                "distributor:store:read",
                "exists (select 1 from orders where paid_cents > 0"
                " and distributor_id = (select app_distributor()))",
            ),
        ),
    ),
    "platform": Checklist(
        N_("Open the mall"),
        (
            Step(
                "categories",
                N_("Create the categories"),
                N_("Two levels are enough; suppliers choose one for each product."),
                N_("New category"),
                "categories?do=create",
                "platform:categories:write",
                "exists (select 1 from categories)",
            ),
            Step(
                "rule",
                N_("Set a split rule"),
                N_("It decides your commission. Without one, nothing is charged."),
                N_("New rule"),
                "rules?do=create",
                "platform:rules:write",
                "exists (select 1 from split_rules)",
            ),
            Step(
                "merchants",
                N_("Approve a supplier and a distributor"),
                N_("Companies apply on the registration page; you review them here."),
                N_("Go to the merchants"),
                "merchants",
                "platform:merchants:write",
                "exists (select 1 from merchants where is_supplier and status = 'ACTIVE')"
                " and exists (select 1 from merchants where is_distributor and status = 'ACTIVE')",
            ),
            Step(
                "products",
                N_("Approve the first product"),
                N_("Products that suppliers push to the pool are reviewed here."),
                N_("Product review"),
                "products",
                "platform:products:write",
                "exists (select 1 from pool_entries where status = 'APPROVED')",
            ),
        ),
    ),
}
"""Scope → its checklist. A new step is one entry here."""


@dataclass(frozen=True)
class Progress:
    """How far a workspace has come; ``hidden`` where the actor wants to see no more of it."""

    done: tuple[str, ...]
    hidden: bool


async def progress(actor: Actor) -> Progress:
    """Return the keys of the steps that are done, in their order."""
    found = CHECKLISTS.get(actor.scope)
    if found is None:
        return Progress((), hidden=True)
    conditions = ", ".join(f'({step.done}) as "{step.key}"' for step in found.steps)
    async with database().transaction(actor) as session:
        row = (
            await session.execute(
                text(f"select {conditions}, exists (select 1 from hidden_checklists) as hidden")
            )
        ).one()
    done = tuple(step.key for step in found.steps if getattr(row, step.key))
    return Progress(done, hidden=row.hidden)
