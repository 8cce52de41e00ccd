"""The one door to ``tongshang_engine``, and the table of the use cases that may go through it.

The engine role passes every tenant's policies, because placing an order, confirming a payment or
logging in touch several tenants at once. Each use checks its Actor first. A test compares this
table with the calls in the source.
"""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.arrow import ArrowConnection
from app.kit.db import Database, database

ENGINE_USES: dict[str, str] = {
    # use case: why it must see more than one tenant
    "orders.place": "takes the stock and freezes the terms of several suppliers in one purchase",
    "orders.quote": "reads supply prices and split rules, which the buyer may not see, to refuse",
    "orders.close": "gives the stock of several suppliers back when an order is not paid",
    "orders.transition": "a part's step changes the order's own status and the stock it held",
    "payments.start": "records an attempt to pay for a buyer, who owns no payment rows",
    "payments.confirm": "one payment pays platform, suppliers and distributor at once",
    "payments.poll": "asks the provider about payments of all stores whose callback is missing",
    "refunds.post": "takes back the shares of every party",
    "refunds.submit": "sends refunds of all stores to their provider and records the answer",
    "settlement.release": "makes the shares of all merchants available when they are due",
    "shipments.track": "records what couriers say of all suppliers' parcels",
    "products.save": "a supplier's price change reaches the listings of every distributor",
    "prices.reach": "a supplier learns how many listings a price change reaches, not which",
    "pool.change": "withdrawing a product takes it off every store's shelf",
    "pool.review": "an approved product returns to the shelves of every store",
    "merchants.apply": "an applicant is nobody yet",
    "merchants.review": "suspending a merchant takes its goods off sale everywhere at once",
    "listings.list": "prices are checked against split rules that distributors do not read",
    "stock.adjust": "goods that return to stock return to every store's shelf",
    "roles.sync": "writes the built-in roles, which belong to no merchant",
    "demo.seed": "founds the demo's companies and writes their history",
    "search.index": "writes under which words the products of all suppliers are found",
    "shelf.refresh": "stock and sales of all stores show on their shelves",
    "sessions.resolve": "says for every event who a cookie stands for, before anybody is known",
    "sessions.remember": "notes the workspace in which the next login lands",
    "stores.front": "a closed store still shows its customers their orders",
    "consumers.login": "a visitor is nobody until phone and password are checked",
    "consumers.session": "a cookie is nobody until its session is found",
    "orders.read": "a guest owns no rows; the secret of the order's link is checked first",
    "orders.find": "a guest who lost the link proves the order by its number and phone",
    "logins.log_in": "compares a password before anybody is known",
    "logins.second_step": "a browser between password and second factor is nobody yet",
    "logins.log_out": "ends sessions, which only the engine may write",
    "logins.list_sessions": "shows a user's own sessions, of which the app's role reads none",
    "logins.revoke_session": "ends one of a user's own sessions",
    "accounts.register": "a person who registers is nobody yet",
    "accounts.change_password": "compares and writes the hash of a user's own password",
    "accounts.forgot": "lets the worker look for the user of an address",
    "accounts.mail_reset_link": "finds the user of an address for somebody not signed in",
    "accounts.reset": "a mailed token stands for its user",
    "second_factor.begin": "keeps the sealed secret of the user's own authenticator",
    "second_factor.confirm": "turns on the user's own second factor",
    "second_factor.disable": "removes the user's own second factor",
    "second_factor.renew_codes": "replaces the user's own recovery codes",
    "second_factor.check_password": "compares the user's own password before a change",
    "invitations.invite": "looks whether an address has a login, and keeps a one-time token",
    "invitations.look_at": "shows an invitation to somebody who is nobody here yet",
    "invitations.list_open": "shows a workspace's invitations, which only the engine may read",
    "invitations.cancel": "takes back one of a workspace's own invitations",
    "invitations.accept": "lets somebody in who is not in the workspace yet",
    "sessions.tidy": "forgets sessions and tokens of all users that ended long ago",
    "api_keys.resolve": "says as whom a program acts, before it is known",
    "first_operator.set_up": "makes the first user of an installation that has none",
    "imports.bring": "writes the history of all merchants of another marketplace at once",
    "imports.prepare": "keeps the files and the progress of an import, which nobody else may write",
    "ledger.accounts": "opens the accounts of a merchant, which only the ledger may write",
    "snapshots.build": "writes the closed days of all merchants to the files of the analytics",
    "snapshots.compare": "compares the files of the analytics with the tables of all merchants",
    "snapshots.names": "labels keys of an answer that its reader already holds",
    "visits.flush": "writes what visitors of all stores did in one statement",
    "visits.sources": "adds visits and orders of all stores up by their sources",
    "visits.tidy": "forgets single visitors of all stores after their time",
    "reports.take": "turns due reports of all workspaces into deliveries",
    "reports.deliver": "finds out what a receiver may see at the moment of sending",
    "reports.send_now": "notes deliveries, which are the worker's to write",
    "reports.look_at": "shows a receiver without a login which report a link ends",
    "reports.unsubscribe": "lets a receiver end a report by a signed link, without a login",
    "reports.tidy": "forgets what became of deliveries long ago, in all workspaces",
    "notices.mail": "writes to members of all workspaces and to buyers what happened to theirs",
    "notices.watch": "looks at the orders and the stock of all suppliers for what is overdue",
    "verify.record": "notes what the comparison of every tenant's rows found",
}


@asynccontextmanager
async def engine_transaction(
    actor: Actor, use: str, through: Database | None = None
) -> AsyncGenerator[AsyncSession]:
    """Open one transaction as the engine role for the declared ``use``; commit at the end.

    It goes ``through`` the process's database unless another way in is given. Raises LookupError
    for a use that the table does not name.
    """
    if use not in ENGINE_USES:
        raise LookupError(f"{use} is not declared in ENGINE_USES")
    async with (through or database()).engine_transaction(actor) as session:
        yield session


@asynccontextmanager
async def engine_pipeline(actor: Actor, use: str) -> AsyncGenerator[AsyncConnection[DictRow]]:
    """Like ``engine_transaction`` on a bare connection in pipeline mode, for the hot writes."""
    if use not in ENGINE_USES:
        raise LookupError(f"{use} is not declared in ENGINE_USES")
    async with database().engine_pipeline(actor) as connection:
        yield connection


@contextmanager
def engine_reader(actor: Actor, use: str) -> Generator[ArrowConnection]:
    """Open one read-only transaction of the engine role that gives Arrow. Blocking."""
    if use not in ENGINE_USES:
        raise LookupError(f"{use} is not declared in ENGINE_USES")
    with database().engine_reader(actor) as connection:
        yield connection
